// The public page of a form: its looks, and, in a frame of another site, how high it is. It works without scripts.
import "@fontsource-variable/inter/wght.css";
import "./styles/frame.css";
import "./styles/public.css";

const card = document.querySelector(".in-frame .public-card");

if (card && window.parent !== window) {
  const tell = (): void => {
    const voronkaHeight = Math.ceil(card.getBoundingClientRect().bottom + window.scrollY + 4); // 4: the frame's own padding
    // Whoever embeds the form may know how high it is: nothing else is said, so it is said to anybody.
    window.parent.postMessage({ voronkaHeight }, "*");
  };
  new ResizeObserver(tell).observe(card);
  window.addEventListener("message", (event) => {
    if (event.source === window.parent && event.data === "voronka:height") tell();
  });
}
