/** A value that every database driver takes as a parameter. */
export type SqlValue = string | number | null

export type SqlRow = Record<string, unknown>

/** A statement to run; its rows are the answer. */
export interface Step {
  sql: string
  parameters: readonly SqlValue[]
}

/**
 * Statements one after the other, each chosen by the answers to those before it. Written as a
 * generator, because the same steps run on the store's own connection, which is synchronous on
 * SQLite, and on one that the application lends, which need not be.
 */
export type Steps<Result> = Generator<Step, Result, SqlRow[]>

/** Runs one statement and answers its rows. */
export function* rowsOf(sql: string, ...parameters: SqlValue[]): Steps<SqlRow[]> {
  return yield { sql, parameters }
}

export function runSteps<Result>(steps: Steps<Result>, run: (step: Step) => SqlRow[]): Result {
  let next = steps.next()
  while (!next.done) next = steps.next(run(next.value))
  return next.value
}

export async function runStepsAsync<Result>(
  steps: Steps<Result>,
  run: (step: Step) => Promise<SqlRow[]>,
): Promise<Result> {
  let next = steps.next()
  while (!next.done) next = steps.next(await run(next.value))
  return next.value
}
