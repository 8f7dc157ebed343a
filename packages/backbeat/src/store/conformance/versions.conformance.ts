import { MIGRATIONS } from '../sql/migrations.ts'
import type { Migration } from '../sql/upgrade.ts'

const NEWEST = MIGRATIONS.at(-1)?.version ?? 0

/** The steps of a version to come: they add, so that the code of today can work on what they leave. */
export const NEXT_VERSION: readonly Migration[] = [
  ...MIGRATIONS,
  {
    version: NEWEST + 1,
    name: 'region of a job',
    oldestCode: NEWEST,
    statements: ({ text }) => [`ALTER TABLE backbeat_jobs ADD COLUMN region ${text}`],
  },
  {
    version: NEWEST + 2,
    name: 'region of jobs that were there',
    oldestCode: NEWEST,
    batch: () => `
      UPDATE backbeat_jobs SET region = 'nowhere' WHERE id IN (
        SELECT id FROM backbeat_jobs WHERE region IS NULL AND status = 'completed' ORDER BY id LIMIT 100
      )`,
  },
  {
    version: NEWEST + 3,
    name: 'jobs by region',
    oldestCode: NEWEST,
    index: {
      name: 'backbeat_jobs_region',
      table: 'backbeat_jobs',
      columns: 'region, id',
      where: 'region IS NOT NULL',
    },
  },
]

/** The version after that: it takes away what the code of today needs. */
export const VERSION_AFTER_NEXT: readonly Migration[] = [
  ...NEXT_VERSION,
  {
    version: NEWEST + 4,
    name: 'no log',
    oldestCode: NEWEST + 3,
    statements: () => ['DROP TABLE backbeat_log_lines'],
  },
]
