import { LIMITS } from '../contender.ts'
import type { Figure, Unit } from './figures.ts'
import type { Goal } from './goals.ts'
import type { Limit } from './limits.ts'
import type { Result } from './result.ts'

/** The whole run as text, for people. */
export function reportOf(result: Result): string {
  return [
    machineText(result),
    ...result.measures.map((measure) => measureText(measure, result)).filter((text) => text !== ''),
    contendersText(result),
    ...(result.skipped.length > 0 ? [['Not measured', ...result.skipped.map((why) => `  ${why}`)].join('\n')] : []),
    goalsText(result.goals),
    ...(result.limits.length > 0 ? [limitsText(result.limits)] : []),
  ].join('\n\n')
}

function machineText({ at, machine }: Result): string {
  const { cpu, cores, memoryGb, system, filesystem, load, node, servers, libraries, backbeat, commit } = machine
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, ${filesystem}; load before ${load.toFixed(2)}; Node ${node}`,
    ...Object.entries(servers).map(([name, description]) => `${name} ${description}`),
    `${Object.entries(libraries)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}; Backbeat at ${commit}, ${backbeat}; ${at}`,
  ].join('\n')
}

function measureText({ name, description }: Result['measures'][number], { figures, contenders }: Result): string {
  const own = figures.filter(({ measure }) => measure === name)
  if (own.length === 0) return ''
  const contract = (contender: string) => contenders.find((each) => each.name === contender)?.contract ?? ''
  const parts = [...Map.groupBy(own, (figure) => figure.case)].map(([title, same]) => {
    const metrics = [...new Set(same.map(({ metric }) => metric))]
    const rows = [...Map.groupBy(same, ({ contender }) => contender)].map(([contender, figuresOfOne]) => [
      contender,
      ...metrics.map((metric) => cell(figuresOfOne.find((figure) => figure.metric === metric))),
      [contract(contender), ...new Set(figuresOfOne.flatMap(({ note }) => note ?? []))].join('; '),
    ])
    return `  ${title}\n${table(['', ...metrics, 'contract'], rows)}`
  })
  return [`== ${name}: ${description}`, ...parts].join('\n')
}

/** The median, and the lowest and highest of the repetitions. */
function cell(figure: Figure | undefined): string {
  if (!figure) return '-'
  const { unit, lowest, highest, values } = figure
  const spread = values.length > 1 ? ` (${shown(lowest, unit)} to ${shown(highest, unit)})` : ''
  return `${shown(figure.median, unit)} ${unit}${spread}`
}

function shown(value: number, unit: Unit): string {
  if (unit === 'ms' || unit === 's') return value.toFixed(value < 10 ? 2 : 0)
  return Math.round(value).toLocaleString('en')
}

function contendersText({ contenders }: Result): string {
  return ['Settings', ...contenders.map(({ name, settings }) => `  ${name}: ${settings}`)].join('\n')
}

function goalsText(goals: readonly Goal[]): string {
  const rows = goals.flatMap(({ goal, actual, compare, bound, unit, met }) =>
    actual === null ? [] : [[goal, `${precise(actual)} ${unit}`, required(compare, bound), met ? 'met' : 'NOT MET']],
  )
  const missing = goals.length - rows.length
  const rest = missing > 0 ? `\n  ${missing} more were not measured in this run.` : ''
  return `== goals\n${table(['', 'measured', 'goal', ''], rows)}${rest}`
}

function limitsText(limits: readonly Limit[]): string {
  const rows = limits.map(({ goal, actual, limit, share, compare, bound, unit, isGoalWithin }) => [
    goal,
    `${precise(actual)} ${unit}`,
    `${precise(limit)} ${unit}`,
    required(compare, bound),
    `${Math.round(share * 100)} %`,
    isGoalWithin ? '' : 'the goal is beyond the limit',
  ])
  const title = `how near to the limit: Backbeat's goals, and what they would be if Backbeat did no more than ${Object.keys(LIMITS).join(' and ')}`
  return `== ${title}\n${table(['', 'measured', 'at the limit', 'goal', 'near', ''], rows)}`
}

function required(compare: Goal['compare'], bound: number): string {
  return `${compare} ${bound.toLocaleString('en')}`
}

function precise(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 1)
}

function table(titles: readonly string[], rows: readonly string[][]): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `  ${cells.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : column === cells.length - 1 ? text : text.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd()
  return [line(titles), ...rows.map(line)].join('\n')
}
