// For sites that embed a form: its frame becomes as high as the form is.
// It believes only frames that show pages of the server this script came from, and takes nothing from them but a height.
(function () {
  "use strict";
  var origin = new URL(document.currentScript.src).origin;
  var LEAST = 80;
  var MOST = 6000;

  function frames() {
    return Array.prototype.filter.call(document.getElementsByTagName("iframe"), function (frame) {
      return frame.src.indexOf(origin + "/") === 0;
    });
  }

  window.addEventListener("message", function (event) {
    var height = event.origin === origin && event.data ? event.data.voronkaHeight : null;
    if (typeof height !== "number" || !isFinite(height)) return;
    frames().forEach(function (frame) {
      if (frame.contentWindow === event.source) frame.style.height = Math.min(Math.max(height, LEAST), MOST) + "px";
    });
  });

  // Frames that were there before this script have told their height already: they are asked again.
  frames().forEach(function (frame) {
    frame.contentWindow.postMessage("voronka:height", "*");
  });
})();
