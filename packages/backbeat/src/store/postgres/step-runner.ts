import type { StepRunner } from '../sql/access-records.ts'
import { runStepsAsync, type SqlRow, type Step } from '../sql/steps.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { explained } from './explained.ts'
import { nowOf } from './kysely.ts'
import type { StoreTime } from './statements.ts'

export function stepRunner(connection: PostgresConnection, time: StoreTime): StepRunner {
  return {
    read: (steps) => explained(connection, () => runStepsAsync(steps(nowOf(time)), stepsOn(connection))),
    write: (steps) =>
      explained(connection, () =>
        connection.transaction((session) => runStepsAsync(steps(nowOf(time)), stepsOn(session))),
      ),
  }
}

function stepsOn(session: Session): (step: Step) => Promise<SqlRow[]> {
  return async ({ sql, parameters }) => (await session.run(sql, parameters)).rows
}
