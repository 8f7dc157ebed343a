import { BackbeatError } from '../../errors.ts'
import type { SchemaWords } from './dialect.ts'

interface Step {
  version: number
  name: string
  /**
   * The oldest code that can work on what this step leaves, named by the newest version that it knows.
   * A step that only adds keeps what the step before it said, so that workers of both versions run
   * side by side; one that takes something away raises it to the first version that does without.
   */
  oldestCode: number
}

/** Changes that are made at once, in one transaction: none that reads or rewrites a large table. */
interface StatementsStep extends Step {
  statements(words: SchemaWords): string[]
}

/** An index of a table that may be large: where the database can, it is built while others write. */
interface IndexStep extends Step {
  index: { name: string; table: string; columns: string; where?: string }
}

/**
 * A change of many rows: a statement that changes some thousands of those that still lack it, run
 * again and again until it changes none.
 */
interface BatchesStep extends Step {
  batch(words: SchemaWords): string
}

/** One step of the schema. Steps are never changed once released; a new one is added. */
export type Migration = StatementsStep | IndexStep | BatchesStep

/** How far a database has come. */
export interface SchemaVersion {
  /** The newest step that was applied; 0 for an empty database. */
  version: number
  /** What that step says; 0 for an empty database. */
  oldestCode: number
}

export const EMPTY_SCHEMA: SchemaVersion = { version: 0, oldestCode: 0 }

/** Keeps what is known of the steps that were applied. */
export function historyTable({ integer, text }: Pick<SchemaWords, 'integer' | 'text'>): string {
  return `CREATE TABLE IF NOT EXISTS backbeat_migrations (
    version ${integer} PRIMARY KEY NOT NULL,
    name ${text} NOT NULL,
    applied_at ${integer} NOT NULL,
    oldest_code ${integer} NOT NULL
  )`
}

/**
 * The steps that a database still lacks, in their order. None where a newer version has upgraded it
 * in a way that this code can work on.
 *
 * @param migrations every step that this code knows, in their order
 * @throws BackbeatError `schema_too_new`
 */
export function missingSteps(schema: SchemaVersion, migrations: readonly Migration[]): Migration[] {
  const newest = migrations.at(-1)?.version ?? 0
  if (schema.oldestCode > newest) {
    throw new BackbeatError(
      'schema_too_new',
      `The database's tables are of version ${schema.version}, and need a Backbeat that knows version ${schema.oldestCode} or newer; this one knows versions up to ${newest}. Upgrade Backbeat here to the version that upgraded the database.`,
    )
  }
  return migrations.filter(({ version }) => version > schema.version)
}
