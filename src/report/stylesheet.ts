/** How an exported page looks. Pure. */
export const stylesheet = `
:root {
  --ground: #ffffff; --ink: #1f2328; --quiet: #656d76; --rule: #d8dee4; --track: #eaeef2;
  --before: #8c959f; --after: #0969da; --worse: #9a3412; --better: #116329; --tint: #f6f8fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #1f1f1f; --ink: #d6d6d6; --quiet: #9d9d9d; --rule: #3c3c3c; --track: #333333;
    --before: #868686; --after: #4daafc; --worse: #f0a05a; --better: #6cc48a; --tint: #262626;
  }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 14px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 40px 32px 64px; }
h1 { font-size: 26px; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 13px; font-weight: 600; }
.done { font-size: 16px; margin-top: 8px; }
.quiet, .detail { color: var(--quiet); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 32px; margin: 32px 0 24px; }
.figure { border-top: 1px solid var(--rule); padding-top: 12px; }
.figure h2 { color: var(--quiet); font-weight: 500; }
.value { font-size: 21px; font-variant-numeric: tabular-nums; margin-top: 4px; }
.value.quiet { font-size: 16px; }
.change.better { color: var(--better); }
.change.worse { color: var(--worse); font-weight: 600; }
.bars { display: grid; gap: 3px; margin: 8px 0 10px; }
.bar { width: 100%; height: 7px; display: block; }
.track { fill: var(--track); }
.before .amount { fill: var(--before); }
.after .amount { fill: var(--after); }
.spread { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.detail { font-size: 12.5px; font-variant-numeric: tabular-nums; }
.note { background: var(--tint); border-left: 3px solid var(--rule); padding: 8px 14px; margin-top: 10px; max-width: 100ch; }
.note.warning { border-left-color: var(--worse); }
section { margin-top: 32px; }
section > h2 { font-size: 17px; margin-bottom: 10px; }
details { border-top: 1px solid var(--rule); padding: 7px 0; }
summary { cursor: pointer; }
details ul { columns: 3 260px; margin: 8px 0; padding-left: 20px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; border-bottom: 1px solid var(--quiet); padding: 6px 16px 6px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--rule); padding: 4px 16px 4px 0; vertical-align: top; }
td:first-child { overflow-wrap: anywhere; min-width: 14em; }
.number { text-align: right; white-space: nowrap; }
tr.same td, tr.skipped td { color: var(--quiet); }
@media print { main { padding: 0; } details ul { columns: 2; } }
`;
