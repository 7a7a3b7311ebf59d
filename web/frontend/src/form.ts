// The public page of a form: only its looks; it works without scripts.
import "@fontsource-variable/inter/wght.css";
import "./styles/frame.css";
import "./styles/public.css";
