import { LIMITS } from '../contender.ts'
import type { Figure } from './figures.ts'

const WIDTH = 760
const HEIGHT = 420
const LEFT = 80
const RIGHT = 190
const TOP = 50
const BOTTOM = 60
/** Told apart by those who see no colours well, and on a light as on a dark page. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#888888']

interface Line {
  name: string
  points: { x: number; y: number }[]
}

/** Jobs per second against waiting jobs, by one worker process; `undefined` where there is nothing to compare. */
export function backlogPlot(figures: readonly Figure[]): string | undefined {
  const rates = figures.filter(
    ({ measure, metric, workers }) => measure === 'drain' && metric === 'rate' && workers === 1,
  )
  return plot(
    'Drain rate against waiting jobs (one worker process)',
    'waiting jobs',
    linesOf(rates, ({ jobs }) => jobs),
  )
}

/** Jobs per second against finished jobs. */
export function historyPlot(figures: readonly Figure[]): string | undefined {
  const rates = figures.filter(({ measure, metric }) => measure === 'history' && metric === 'rate')
  return plot(
    'Drain rate against finished jobs (one worker process)',
    'finished jobs',
    linesOf(rates, ({ history }) => history),
  )
}

/** The limits are left out: they are so far up that nobody could be told from anybody else. */
function linesOf(figures: readonly Figure[], x: (figure: Figure) => number | undefined): Line[] {
  const libraries = figures.filter(({ contender }) => !(contender in LIMITS))
  return [...Map.groupBy(libraries, ({ contender }) => contender)].map(([name, same]) => ({
    name,
    points: same.map((figure) => ({ x: x(figure) ?? 0, y: figure.median })).sort((a, b) => a.x - b.x),
  }))
}

function plot(title: string, axis: string, lines: readonly Line[]): string | undefined {
  const places = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  if (places.length < 2) return undefined
  const step = tickStep(Math.max(...lines.flatMap(({ points }) => points.map(({ y }) => y))))
  const ticks = Math.ceil(Math.max(...lines.flatMap(({ points }) => points.map(({ y }) => y))) / step)
  // One place for each size: they differ by powers of ten, and one of them may be zero.
  const across = (x: number) => LEFT + (places.indexOf(x) / (places.length - 1)) * (WIDTH - LEFT - RIGHT)
  const up = (y: number) => HEIGHT - BOTTOM - (y / (step * ticks)) * (HEIGHT - TOP - BOTTOM)

  const grid = Array.from({ length: ticks + 1 }, (_, tick) => {
    const y = round(up(tick * step))
    return `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="#8884"/>
<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${(tick * step).toLocaleString('en')}</text>`
  })
  const labels = places.map((x) => {
    return `<text x="${round(across(x))}" y="${HEIGHT - BOTTOM + 22}" text-anchor="middle">${x.toLocaleString('en')}</text>`
  })
  const ends = spreadOut(lines.map(({ points }) => up(points.at(-1)?.y ?? 0)))
  const drawn = lines.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length]
    const path = points.map(({ x, y }) => `${round(across(x))},${round(up(y))}`).join(' ')
    const dots = points.map(
      ({ x, y }) => `<circle cx="${round(across(x))}" cy="${round(up(y))}" r="4" fill="${colour}"/>`,
    )
    const end = points.at(-1)
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>
${dots.join('\n')}
<text x="${round(across(end?.x ?? 0)) + 12}" y="${round((ends[index] ?? 0) + 4)}" fill="${colour}">${escaped(name)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#777" role="img">
<title>${escaped(title)}</title>
<text x="${LEFT}" y="26" font-size="16">${escaped(title)}</text>
<text x="${LEFT - 10}" y="${TOP - 8}" text-anchor="end">jobs/s</text>
${[...grid, ...labels].join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(axis)}</text>
${drawn.join('\n')}
</svg>
`
}

/** A round number of which about five reach to the top. */
function tickStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 5))
  return power * ([1, 2, 5, 10].find((factor) => factor * power * 6 >= most) ?? 10)
}

/** Moves labels apart that would lie upon one another. */
function spreadOut(heights: readonly number[]): number[] {
  const placed = [...heights]
  const order = heights.map((_, index) => index).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))
  for (const [place, index] of order.entries()) {
    const above = place > 0 ? placed[order[place - 1] as number] : undefined
    if (above !== undefined) placed[index] = Math.max(placed[index] ?? 0, above + 16)
  }
  return placed
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
