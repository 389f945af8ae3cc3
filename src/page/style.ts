/** The page's only style sheet. Colours of text have a contrast of 4.5 : 1 or more on what they stand on, light and dark. */
export const style = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --ink: #16191d; --quiet: #59626e; --edge: #dde1e6; --link: #0b57b0;
  --good: #14743a; --good-ground: #e6f4ea; --unsure: #8a5300; --unsure-ground: #fdf1dc; --bad: #b3261e; --bad-ground: #fdeaea;
  --median: #1f5fbf; --band: #a9c6ef; --loss: #c9362c; --grid: #e6e9ed;
  --s0: #2f6fd0; --s1: #2a9d76; --s2: #c9781a; --s3: #8a56c2; --s4: #b8467e; --s5: #6b7785;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101317; --card: #181c21; --ink: #e8ebef; --quiet: #a0a9b4; --edge: #2c323a; --link: #8fbcff;
    --good: #6fd596; --good-ground: #14301f; --unsure: #f0b95a; --unsure-ground: #352811; --bad: #ff9a92; --bad-ground: #3a1817;
    --median: #8ab6ff; --band: #2e4a75; --loss: #ff7d73; --grid: #262c33;
    --s0: #6ea3f5; --s1: #58c9a1; --s2: #e5a450; --s3: #b792e6; --s4: #e586b3; --s5: #98a4b1;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 1180px; padding: 14px 20px 40px; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
header { display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 10px; color: var(--quiet); }
header b { color: var(--ink); }
#live { font-size: 13px; }
#live.live::before { content: "● "; color: var(--good); }
#live.lost { color: var(--bad); font-weight: 600; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1 { margin: 0; font-size: 25px; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 30px 0 10px; font-size: 17px; }
h2.small { margin: 12px 0 2px; font-size: 13px; text-transform: uppercase; letter-spacing: .06em; }
h3 { margin: 0 0 8px; font-size: 15px; display: flex; align-items: center; gap: 7px; }
small { color: var(--quiet); font-weight: 400; font-size: 13px; }
.icon { width: 15px; height: 15px; flex: none; fill: currentColor; }
.icon .cut { fill: none; stroke: var(--card); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.icon.good { color: var(--good); } .icon.unsure { color: var(--unsure); } .icon.bad { color: var(--bad); }
.verdict { display: flex; gap: 16px; padding: 18px 20px; border-radius: 10px; border-left: 6px solid; background: var(--card); }
.verdict p { margin: 4px 0 0; font-size: 16px; }
.verdict ul { margin: 2px 0 0; padding-left: 20px; }
.verdict li { margin: 3px 0; overflow-wrap: anywhere; }
.verdict > .icon { width: 30px; height: 30px; }
.verdict.good { background: var(--good-ground); border-color: var(--good); }
.verdict.unsure { background: var(--unsure-ground); border-color: var(--unsure); }
.verdict.bad { background: var(--bad-ground); border-color: var(--bad); }
.verdict.good h1 { color: var(--good); } .verdict.unsure h1 { color: var(--unsure); } .verdict.bad h1 { color: var(--bad); }
table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 10px; }
th, td { padding: 9px 14px; text-align: left; vertical-align: middle; border-top: 1px solid var(--edge); }
thead th { border-top: 0; font-size: 13px; font-weight: 500; color: var(--quiet); padding-bottom: 6px; }
tbody th { font-weight: 600; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td[data-label] { white-space: nowrap; font-variant-numeric: tabular-nums; }
.nic, .more { display: block; font-size: 12px; }
abbr { text-decoration: none; }
.why { color: var(--quiet); }
tr.bad .why, tr.unsure .why { color: var(--ink); }
tr.bad th { box-shadow: inset 4px 0 var(--bad); } tr.unsure th { box-shadow: inset 4px 0 var(--unsure); }
.badge { display: inline-flex; align-items: center; gap: 6px; padding: 2px 10px 2px 7px; border-radius: 99px; font-weight: 600; white-space: nowrap; }
.badge .icon { align-self: center; }
.badge.good { color: var(--good); background: var(--good-ground); }
.badge.unsure { color: var(--unsure); background: var(--unsure-ground); }
.badge.bad { color: var(--bad); background: var(--bad-ground); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 14px; }
.policy, figure, .history { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 13px 15px; margin: 0; }
.policy p { margin: 8px 0 0; color: var(--quiet); font-size: 14px; }
.policy details { margin-top: 6px; font-size: 14px; }
.policy summary { cursor: pointer; }
.policy details ul { margin: 4px 0 0; padding-left: 18px; color: var(--quiet); }
.bar { display: block; width: 100%; height: 14px; border-radius: 4px; }
.bar .empty { fill: none; stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 3 2; }
.share.s0 { fill: var(--s0); } .share.s1 { fill: var(--s1); } .share.s2 { fill: var(--s2); }
.share.s3 { fill: var(--s3); } .share.s4 { fill: var(--s4); } .share.s5 { fill: var(--s5); }
.keys { list-style: none; display: flex; flex-wrap: wrap; gap: 3px 16px; margin: 8px 0 0; padding: 0; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
.key.s0 { background: var(--s0); } .key.s1 { background: var(--s1); } .key.s2 { background: var(--s2); }
.key.s3 { background: var(--s3); } .key.s4 { background: var(--s4); } .key.s5 { background: var(--s5); }
.head { display: flex; justify-content: space-between; align-items: flex-end; flex-wrap: wrap; gap: 0 20px; }
nav { display: flex; margin-bottom: 10px; border: 1px solid var(--edge); border-radius: 8px; overflow: hidden; background: var(--card); }
nav a { padding: 6px 13px; text-decoration: none; font-size: 14px; }
nav a + a { border-left: 1px solid var(--edge); }
nav a[aria-current] { background: var(--link); color: var(--card); font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 14px; }
figure { padding: 11px 13px 5px; }
figcaption { display: flex; justify-content: space-between; flex-wrap: wrap; gap: 0 14px; font-size: 14px; }
figcaption span { color: var(--quiet); font-variant-numeric: tabular-nums; }
.plot { display: block; width: 100%; height: auto; }
.plot .grid { stroke: var(--grid); } .plot .tick { stroke: var(--quiet); }
.plot .axis { fill: var(--quiet); font-size: 12px; }
.plot .band { fill: var(--band); stroke: var(--band); stroke-width: 1; }
.plot .median { fill: none; stroke: var(--median); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.plot .loss { fill: var(--loss); }
.legend { color: var(--quiet); font-size: 13px; margin: 8px 0 0; }
.legend .key { margin: 0 5px 0 12px; } .legend .key:first-child { margin-left: 0; }
.key.line { height: 3px; width: 16px; background: var(--median); vertical-align: middle; }
.key.bandkey { background: var(--band); } .key.losskey { background: var(--loss); }
.history { list-style: none; }
.history li { display: flex; gap: 10px; padding: 3px 0; align-items: baseline; overflow-wrap: anywhere; }
.history .icon { align-self: flex-start; margin-top: 4px; }
.history time { color: var(--quiet); font-variant-numeric: tabular-nums; flex: none; }
.history .day { color: var(--quiet); font-weight: 600; font-size: 13px; padding-top: 8px; }
.history .day:first-child { padding-top: 0; }
.history .plain { color: var(--quiet); }
.dot { width: 15px; flex: none; text-align: center; } .dot::before { content: "·"; }
footer { margin-top: 26px; color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; }
@media (max-width: 720px) {
  body { padding: 10px 12px 30px; }
  h1 { font-size: 21px; }
  .verdict { padding: 14px; gap: 11px; } .verdict > .icon { width: 24px; height: 24px; }
  .links thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .links, .links tbody { display: block; }
  .links tr { display: grid; grid-template-columns: auto auto auto 1fr; gap: 3px 18px; padding: 11px 14px; border-top: 1px solid var(--edge); }
  .links tbody tr:first-child { border-top: 0; }
  .links tr.bad { box-shadow: inset 4px 0 var(--bad); } .links tr.unsure { box-shadow: inset 4px 0 var(--unsure); }
  .links tr th { box-shadow: none !important; }
  .links th, .links td { display: block; padding: 0; border: 0; text-align: left; }
  .links th { grid-column: 1 / 4; align-self: center; } .links .nic { display: inline; margin-left: 8px; }
  .links .health { grid-column: 4; justify-self: end; }
  .links .why { grid-column: 1 / -1; order: 1; }
  .links .more { display: inline; margin-left: 8px; }
  .links td[data-label] { order: 2; font-size: 14px; }
  .links td[data-label]::before { content: attr(data-label); display: block; color: var(--quiet); font-size: 12px; }
  .links td[data-label="available"] { grid-column: 1 / -1; order: 3; }
  .links td[data-label="available"]::before { display: inline; margin-right: 8px; }
  .cards { grid-template-columns: 1fr; }
  nav { width: 100%; } nav a { flex: 1; text-align: center; padding: 8px 4px; }
  .plot .axis { font-size: 17px; }
  .history li { flex-wrap: wrap; } .history li > span:last-child { flex: 1 1 70%; }
}
@media (prefers-reduced-motion: no-preference) { .verdict { transition: background-color .3s; } }
`;
