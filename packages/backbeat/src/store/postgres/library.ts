import { BackbeatError } from '../../errors.ts'

export type PgLibrary = Pick<typeof import('pg'), 'Client' | 'Pool' | 'types'>

/**
 * Loads `pg`, which only those who use Postgres need to install.
 *
 * @throws BackbeatError `package_missing`
 */
export async function loadPg(): Promise<PgLibrary> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new BackbeatError(
      'package_missing',
      'Storing in Postgres needs the package pg, which is not installed. Run: npm install pg',
      { cause },
    )
  }
}
