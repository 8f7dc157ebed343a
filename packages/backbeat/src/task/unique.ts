import { type Duration, toMs } from '../duration.ts'
import { BackbeatError } from '../errors.ts'

/** Which jobs of a task count as the same, and what becomes of a second one. */
export interface UniqueOptions<Input> {
  /** Jobs of one key are the same. */
  key: (input: Input) => string
  /**
   * For how long after one was enqueued another is in its way, even when it is over.
   * Default: while it waits or runs.
   */
  period?: Duration
  /**
   * What becomes of another: it is refused (`reject`), the handle of the first is returned
   * (`return`), or it takes the place of the first, where that one still waits (`replace`).
   * Default: `reject`.
   */
  onConflict?: 'reject' | 'return' | 'replace'
  /**
   * Wait this long for another of the same key, which then takes the place of this one and waits
   * as long again: only the last of a burst is run. Implies `replace`.
   */
  debounce?: Duration
}

/** Unique options, checked and completed. */
export interface UniquePolicy<Input> {
  key: (input: Input) => string
  periodMs: number | null
  onConflict: 'reject' | 'return' | 'replace'
  debounceMs: number | null
}

/** @throws BackbeatError `invalid_unique` where the options contradict each other */
export function uniquePolicy<Input>(
  options: UniqueOptions<Input> | undefined,
  taskType: string,
): UniquePolicy<Input> | null {
  if (!options) return null
  const { key, period, debounce, onConflict = debounce === undefined ? 'reject' : 'replace' } = options
  if (debounce !== undefined && onConflict !== 'replace') {
    throw new BackbeatError(
      'invalid_unique',
      `unique.debounce of ${taskType} lets the last of a burst take the place of those before it. Leave onConflict out, or say 'replace'.`,
    )
  }
  return {
    key,
    onConflict,
    periodMs: period === undefined ? null : toMs(period, `unique.period of ${taskType}`),
    debounceMs: debounce === undefined ? null : toMs(debounce, `unique.debounce of ${taskType}`),
  }
}
