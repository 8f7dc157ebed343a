import { BackbeatError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'

/** Where the API will be reached, and who could sign in there. */
export interface Exposure {
  /** The host name or address that will be listened on. */
  host: string
  isProduction: boolean
  hasAdminToken: boolean
  hasAuthenticate: boolean
  /** Whether the store has a user or a token that is of use. */
  hasAccounts: boolean
}

/**
 * Whether whoever reaches the API is signed in as its developer: only on this machine, and only
 * where there is no other way to sign in.
 *
 * @throws BackbeatError `no_credentials` where others could reach it and nobody could sign in
 */
export function signsDeveloperIn(exposure: Exposure): boolean {
  const { host, isProduction, hasAdminToken, hasAuthenticate, hasAccounts } = exposure
  if (hasAdminToken || hasAuthenticate || hasAccounts) return false
  if (isLoopback(host) && !isProduction) return true
  const where = isLoopback(host)
    ? 'This is production'
    : `${host || 'Every address'} can be reached from other machines`
  throw new BackbeatError(
    'no_credentials',
    `${where}, and nobody could sign in. Set BACKBEAT_ADMIN_TOKEN (adminToken) to a long secret, add a user with "backbeat users add <name> --role admin", or give createBackbeat an authenticate hook.`,
  )
}
