import { cancelSql } from './cancel.ts'
import { claimSql } from './claim-sql.ts'
import { itemSql } from './items.ts'
import { journalReadSql } from './journal.ts'
import { leaseSql } from './leases.ts'
import { queueSql } from './queues.ts'
import { reportSql } from './report.ts'
import { settleSql } from './settle.ts'
import type { TableNames } from './statements.ts'
import { tidySql } from './tidy.ts'

export type StoreSql = ReturnType<typeof storeSql>

/** The statements of a store, written out once for its tables. */
export function storeSql(tables: TableNames) {
  return {
    claim: claimSql(tables),
    settle: settleSql(tables),
    lease: leaseSql(tables),
    item: itemSql(tables),
    report: reportSql(tables),
    queue: queueSql(tables),
    tidy: tidySql(tables),
    cancel: cancelSql(tables),
    journal: journalReadSql(tables),
  }
}
