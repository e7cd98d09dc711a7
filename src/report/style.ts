/** The look of a report: light and dark by the reader's setting, for screens of any width and for paper. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1d2329;--muted:#5b6570;--rule:#dfe3e8;--ground:#fff;--plus:#0b66ad;--minus:#c0500a;--zero:#a9b2bb;--goal:#e4f2ea;--goal-ink:#16704a;--warn:#fdf3e7}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e9ecef;--muted:#9ba5af;--rule:#2b3138;--ground:#14171b;--plus:#62b0ee;--minus:#f2924a;--zero:#5d6771;--goal:#15302a;--goal-ink:#5fc79a;--warn:#33261a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:66rem;margin:0 auto;padding:3.5rem 2rem 2rem}
.kind{margin:0 0 .75rem;color:var(--muted);font-size:.875rem}
.kind b{color:var(--ink);font-weight:650;letter-spacing:-.01em}
h1{margin:0;font-size:clamp(1.6rem,4vw,2.4rem);font-weight:650;line-height:1.2;letter-spacing:-.022em;overflow-wrap:anywhere;text-wrap:balance}
.lead{max-width:44rem;margin:1rem 0 0;font-size:1.125rem;line-height:1.6;text-wrap:pretty}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.75rem,1fr));gap:1.5rem;margin:2.5rem 0;padding:1.5rem 0;border-block:1px solid var(--rule)}
.facts div{display:flex;flex-direction:column}
.facts dt{color:var(--muted);font-size:.8125rem}
.facts dd{margin:0}
.facts .value{font-size:1.7rem;font-weight:600;line-height:1.3;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.facts .note{color:var(--muted);font-size:.8125rem}
.warning{margin:2rem 0 0;padding:.75rem 1rem;border-left:3px solid var(--minus);background:var(--warn)}
.figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:3.25rem 3rem}
figure{margin:0;min-width:0;break-inside:avoid}
.wide{grid-column:1/-1}
h2{margin:0;font-size:1.0625rem;font-weight:650;letter-spacing:-.01em}
figcaption p{margin:.25rem 0 1rem;color:var(--muted);font-size:.875rem;line-height:1.5;text-wrap:pretty}
svg{display:block;width:100%;height:auto;overflow:visible}
.map svg{max-height:40rem}
.data{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1.25rem;margin-top:.75rem;font-size:.8125rem;color:var(--muted)}
details[open]{flex-basis:100%}
summary{cursor:pointer;width:max-content}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--zero)}
a:hover,summary:hover{color:var(--ink)}
:focus-visible{outline:2px solid var(--plus);outline-offset:3px;border-radius:2px}
.table{overflow:auto;max-height:26rem}
table{width:100%;border-collapse:collapse;font-size:.8125rem;font-variant-numeric:tabular-nums}
th{color:var(--muted);font-weight:500;text-align:left;white-space:nowrap}
th,td{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
td{color:var(--ink);overflow-wrap:anywhere}
.number{text-align:right;white-space:nowrap}
.bar{width:34%;padding-right:0;vertical-align:middle}
.bar svg{height:.7rem}
.about{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:2rem 3rem;margin-top:3.5rem;padding-top:2rem;border-top:1px solid var(--rule);font-size:.875rem}
.about p{margin:.25rem 0 0;color:var(--muted);text-wrap:pretty}
.about dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2rem 1.25rem;margin:.5rem 0 0}
.about dt{color:var(--muted)}
.about dd{margin:0;overflow-wrap:anywhere}
code{font:.8125rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
footer{margin-top:3rem;color:var(--muted);font-size:.8125rem}
@media screen and (max-width:46rem){main{padding:2rem 1.25rem}.figures,.about{grid-template-columns:minmax(0,1fr)}.facts{grid-template-columns:repeat(2,minmax(0,1fr))}.table td:first-child{min-width:7.5rem}.map{overflow-x:auto}.map svg{width:44rem;max-height:none}.map .narrow{width:100%}}
@media print{body{font-size:10pt}main{max-width:none;padding:0}.data{display:none}.figures{gap:1.5rem 2rem}.table{max-height:none;overflow:visible}}
`;
