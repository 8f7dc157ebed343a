import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { type Column, spreadOverDay } from '../history/history.ts'
import { multiplyRows as multiplyPostgresRows } from '../history/postgres-rows.ts'
import { multiplyRows as multiplySqliteRows } from '../history/sqlite-rows.ts'
import { settlePostgres } from './postgres.ts'

/** What the bench does to Backbeat's tables behind its back: empty them, make history, and count. */
export interface BackbeatDatabase {
  clear(): Promise<void>
  settleDown(): Promise<void>
  multiply(ids: readonly string[], count: number): Promise<void>
  countFinished(): Promise<number>
  close(): Promise<void>
}

const FINISHED = `status NOT IN ('pending', 'running', 'retrying')`

export function backbeatDatabase(url: string): BackbeatDatabase {
  return url.startsWith('sqlite:') ? onSqlite(url.slice('sqlite:'.length)) : onPostgres(url)
}

function onPostgres(url: string): BackbeatDatabase {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  return {
    async clear() {
      const { rows } = await pool.query(
        `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS names FROM pg_tables
        WHERE schemaname = 'backbeat' AND tablename <> 'backbeat_migrations'`,
      )
      await pool.query(`TRUNCATE ${rows[0].names}`)
    },
    settleDown: () => settlePostgres(pool),
    async multiply(ids, count) {
      const { first, step } = spreadOverDay(count)
      const at = `(${first} + g * ${step})::bigint`
      const milliseconds = `lpad(to_hex(${at}), 12, '0')`
      const random = 'md5(random()::text)'
      await multiplyPostgresRows(pool, {
        table: 'backbeat.backbeat_jobs',
        ids,
        count,
        column: (column) =>
          column.name === 'id'
            ? `(${milliseconds} || '7' || substr(${random}, 1, 3) || '8' || substr(${random}, 1, 15))::uuid`
            : shiftedTime(column, at),
      })
    },
    async countFinished() {
      const { rows } = await pool.query(`SELECT count(*) AS count FROM backbeat.backbeat_jobs WHERE ${FINISHED}`)
      return Number(rows[0].count)
    },
    close: () => pool.end(),
  }
}

function onSqlite(file: string): BackbeatDatabase {
  const using = <Result>(work: (database: DatabaseSync) => Result): Result => {
    const database = new DatabaseSync(file, { timeout: 5000 })
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  return {
    clear: async () => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    },
    // No statistics: SQLite has nobody that would gather them for a user either.
    settleDown: async () => using((database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)')),
    async multiply(ids, count) {
      const { first, step } = spreadOverDay(count)
      const at = `CAST(${first} + g * ${step} AS INTEGER)`
      const random = 'lower(hex(randomblob(8)))'
      using((database) => {
        database.exec('PRAGMA synchronous = normal')
        multiplySqliteRows(database, {
          table: 'backbeat_jobs',
          ids,
          count,
          column: (column) =>
            column.name === 'id'
              ? `printf('%08x-%04x-7', ${at} >> 16, ${at} & 65535) || substr(${random}, 1, 3) || '-8' ||
                substr(${random}, 1, 3) || '-' || substr(${random}, 1, 12)`
              : shiftedTime(column, at),
        })
      })
    },
    countFinished: async () =>
      using((database) =>
        Number(database.prepare(`SELECT count(*) AS count FROM backbeat_jobs WHERE ${FINISHED}`).get()?.count),
      ),
    close: async () => undefined,
  }
}

/** Every time of a row keeps its distance from the row's beginning. */
function shiftedTime({ name, type }: Column, at: string): string | undefined {
  const isTime = name.endsWith('_at') && /int/i.test(type)
  return isTime ? `t.${name} - t.created_at + ${at}` : undefined
}
