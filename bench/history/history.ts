const DAY_MS = 24 * 60 * 60_000

/** The first of `count` times that are spread over the last day, and how far they lie apart, in milliseconds. */
export function spreadOverDay(count: number): { first: number; step: number } {
  return { first: Date.now() - DAY_MS, step: DAY_MS / (count + 1) }
}

/** A column of a table whose rows are multiplied. */
export interface Column {
  name: string
  type: string
}

/** What to multiply, and how. */
export interface Multiplication {
  table: string
  /** Ids of really finished jobs, each as often as it should weigh. */
  ids: readonly string[]
  count: number
  /** SQL for a column that is not to be copied: `t` is the template's row, `g` counts from 1. */
  column(column: Column): string | undefined
}

/** How many rows are written in one statement. */
export const CHUNK = 500_000
