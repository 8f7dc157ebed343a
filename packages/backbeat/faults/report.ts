/** One fault, over everything that was tried with it: a row of the table. */
export interface Row {
  fault: string
  /** How often it was injected. */
  injected: number
  /** How many jobs were running at those moments, summed up. */
  inFlight: number
  lost: number
  doubled: number
  /** `null` where there was nothing to recover from. */
  slowestRecoveryMs: number | null
}

const COLUMNS: [string, (row: Row) => string][] = [
  ['fault', ({ fault }) => fault],
  ['times injected', ({ injected }) => String(injected)],
  ['jobs in flight', ({ inFlight }) => String(inFlight)],
  ['lost', ({ lost }) => String(lost)],
  ['doubled', ({ doubled }) => String(doubled)],
  ['slowest recovery', ({ slowestRecoveryMs: ms }) => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`)],
]

/** Rows of the same fault, added up. */
export function merge(rows: readonly Row[]): Row[] {
  return [...Map.groupBy(rows, ({ fault }) => fault)].map(([fault, same]) => ({
    fault,
    injected: sum(same, ({ injected }) => injected),
    inFlight: sum(same, ({ inFlight }) => inFlight),
    lost: sum(same, ({ lost }) => lost),
    doubled: sum(same, ({ doubled }) => doubled),
    slowestRecoveryMs: slowest(same.map(({ slowestRecoveryMs }) => slowestRecoveryMs)),
  }))
}

/** The largest of the times, or `null` where there is none. */
export function slowest(times: readonly (number | null)[]): number | null {
  return times.reduce((worst, ms) => (ms === null ? worst : Math.max(worst ?? 0, ms)), null)
}

/** The rows as text, for people. */
export function tableOf(rows: readonly Row[]): string {
  const widths = COLUMNS.map(([title, cell]) => Math.max(title.length, ...rows.map((row) => cell(row).length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(' | ')
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-')
  const body = rows.map((row) => line(COLUMNS.map(([, cell]) => cell(row))))
  return [line(COLUMNS.map(([title]) => title)), rule, ...body].join('\n')
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0)
}
