/**
 * What makes an open page live, for browsers that run it: takes the parts as the server renders them, and puts in those that differ.
 * Plain JavaScript of ten years ago, served as it stands; without it the page is the same, and reloads by itself.
 */
export const script = `'use strict';
(function () {
  var state = document.getElementById('live');
  var say = function (word, text) { state.className = word; state.textContent = text; };
  if (!('EventSource' in window)) return;
  var events = new EventSource('/events' + location.search);
  events.addEventListener('parts', function (event) {
    var parts = JSON.parse(event.data);
    Object.keys(parts.html).forEach(function (id) {
      var element = document.getElementById(id);
      if (!element) return;
      // What somebody has opened stays open.
      var open = Array.prototype.map.call(element.querySelectorAll('details'), function (each) { return each.open; });
      if (element.dataset.now === parts.html[id]) return;
      element.dataset.now = parts.html[id];
      element.innerHTML = parts.html[id];
      Array.prototype.forEach.call(element.querySelectorAll('details'), function (each, at) { each.open = !!open[at]; });
    });
    var verdict = document.getElementById('say');
    if (verdict.textContent !== parts.title) verdict.textContent = parts.title;
    document.title = parts.title + ' – uplinkd';
    document.getElementById('icon').href = '/icon-' + parts.mood + '.svg';
    say('live', 'live');
  });
  events.addEventListener('error', function () { say('lost', 'connection lost, trying again'); });
})();
`;
