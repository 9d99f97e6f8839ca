/** How the panel looks. `light-dark()` follows `color-scheme`, which the attribute `theme` may say. */
export const STYLE = `
:host{all:initial;color-scheme:light dark;--text:light-dark(#1d2330,#e3e7ef);--faint:light-dark(#5b6475,#98a2b5);--ground:light-dark(#fff,#171b23);--raised:light-dark(#f1f4f8,#212734);--line:light-dark(#d5dbe5,#343c4c);--in:light-dark(#0a6bb5,#5db4f5);--out:light-dark(#8a4600,#f0a35a);--good:light-dark(#137a3f,#55c785);--warn:light-dark(#8a5a00,#e9b949);--bad:light-dark(#b3261e,#ff8a80);font:12px/1.45 system-ui,sans-serif;color:var(--text)}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
:host([hidden]){display:none}
:host(:not([position=inline])){position:fixed;z-index:2147483647;max-width:calc(100vw - 24px)}
:host([position^=bottom]){bottom:12px}
:host([position^=top]){top:12px}
:host([position$=right]){right:12px}
:host([position$=left]){left:12px}
:host([position=inline]){display:block}
section{display:flex;flex-direction:column;box-sizing:border-box;max-height:calc(100vh - 24px);border:1px solid var(--line);border-radius:8px;background:var(--ground);box-shadow:0 4px 18px #0003;overflow:hidden}
section.open{width:480px;max-width:100%}
:host([position=inline]) section{max-height:none;width:auto;box-shadow:none}
header{display:flex}
header,summary{background:var(--raised)}
button{all:unset;box-sizing:border-box;padding:4px 8px;border-radius:5px;cursor:pointer}
button:hover{background:var(--line)}
button:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--in);outline-offset:-2px}
header button{padding:7px 10px}
.toggle{display:flex;flex:1;min-width:0;align-items:center;gap:7px}
.name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--faint)}
.dot{flex:none;width:9px;height:9px;border-radius:50%;background:var(--faint)}
.dot.online{background:var(--good)}
.dot.connecting,.dot.waiting,.dot.closing{background:var(--warn)}
.dot.failed{background:var(--bad)}
.badge{padding:0 6px;border-radius:8px;background:var(--bad);color:var(--ground);font-weight:600}
.body{overflow:auto}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
details{border-top:1px solid var(--line)}
summary{padding:4px 10px;font-weight:600;cursor:pointer}
.content{padding:6px 10px 8px}
.tools{display:flex;gap:6px;margin-bottom:5px}
.tools button{padding:1px 8px;border:1px solid var(--line)}
.toggle::after{content:'▴';margin-left:auto;color:var(--faint)}
.open .toggle::after{content:'▾'}
[aria-pressed=true]{background:var(--line)}
p,dl,ol{margin:0;padding:0}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
.levels dd{display:flex;gap:8px;justify-content:space-between}
meter,progress{flex:none;width:130px;height:12px;accent-color:var(--in)}
.backoff{display:flex;gap:10px;align-items:center;margin-top:4px;font-variant-numeric:tabular-nums}
.cause{margin-top:4px;color:var(--bad);overflow-wrap:anywhere}
.faint{color:var(--faint)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:1px 0 1px 8px;text-align:right;font-weight:400}
th:first-child{padding-left:0;text-align:left;overflow-wrap:anywhere}
thead th{color:var(--faint)}
th.in,.arrow.in{color:var(--in)}
th.out,.arrow.out{color:var(--out)}
svg{display:block;width:100%;height:36px;margin-top:6px;border-bottom:1px solid var(--line)}
polyline{fill:none;stroke:var(--in);stroke-width:1.5;vector-effect:non-scaling-stroke}
polyline.out{stroke:var(--out)}
.scroll{max-height:170px;overflow:auto}
td.refused,li.error{color:var(--bad)}
td.pending,li.warn{color:var(--warn)}
ol{list-style:none;font-variant-numeric:tabular-nums}
li{padding:1px 0;overflow-wrap:anywhere}
time{margin-right:7px;color:var(--faint)}
.arrow{margin-right:5px;font-weight:700}
code{margin-left:7px;padding:0 4px;border-radius:3px;background:var(--raised);font:11px ui-monospace,monospace;unicode-bidi:isolate}
@media print{:host{display:none}}
`;
