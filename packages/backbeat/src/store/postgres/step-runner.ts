import type { StepRunner } from '../sql/access-records.ts'
import { runStepsAsync, type SqlRow, type Step } from '../sql/steps.ts'
import type { PostgresConnection, Session } from './connection.ts'
import type { StoreTime } from './statements.ts'

/** @param run does the work, and explains its faults */
export function stepRunner(
  connection: PostgresConnection,
  time: StoreTime,
  run: <Result>(work: () => Promise<Result>) => Promise<Result>,
): StepRunner {
  return {
    read: (steps) => run(() => runStepsAsync(steps(time.expression), stepsOn(connection))),
    write: (steps) =>
      run(() => connection.transaction((session) => runStepsAsync(steps(time.expression), stepsOn(session)))),
  }
}

function stepsOn(session: Session): (step: Step) => Promise<SqlRow[]> {
  return async ({ sql, parameters }) => (await session.run(sql, parameters)).rows
}
