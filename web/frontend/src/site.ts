// What every page needs: styles, htmx, keyboard, dialogs, themes, search, toasts.
import "@fontsource-variable/inter/wght.css";
import "./styles/frame.css";
import "./styles/imports.css";
import "./styles/mass_starts.css";
import "./styles/settings.css";
import "./styles/public.css";
import "./styles/card.css";
import htmx from "htmx.org";
import { listen } from "./keyboard";
import { openDialogs } from "./dialogs";
import { copyOnClick } from "./copying";
import { findAsTyped } from "./finder";
import { chooseTheme } from "./theme";
import { tellTroubles } from "./requests";
import { fade } from "./toasts";
import { keepDrawers } from "./drawer";
import { showFirstWrong } from "./wrong";

Object.assign(window, { htmx });
listen();
openDialogs();
copyOnClick();
findAsTyped();
chooseTheme();
tellTroubles();
keepDrawers();
showFirstWrong();
fade();
