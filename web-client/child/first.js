/*
 * web-client/child/first.js: runs before app.js, in any browser (ES5). Shows the button where a script can run at all,
 * remembers a press that comes before app.js does, and says so honestly when app.js will never come.
 */
(function () {
  var start = document.getElementById("start");
  var moment = document.getElementById("moment");
  var able = "noModule" in document.createElement("script") && window.WebSocket && window.crypto && window.crypto.subtle;
  function tell() {
    document.getElementById("old").hidden = false;
    start.hidden = true;
    moment.hidden = true;
  }
  if (!able) {
    window.unable = true; // app.js may still run here; it must not promise what this browser cannot do
    return tell();
  }
  start.hidden = false;
  window.early = function () {
    window.pressed = true;
    moment.hidden = false;
    setTimeout(function () {
      if (window.early) tell();
    }, 8000);
  };
  start.addEventListener("click", function () {
    if (window.early) window.early();
  });
})();
