import { BackbeatError } from '../errors.ts'
import { isTaskPattern } from '../task/patterns.ts'
import { permissionOf, ROLES, type Role } from './permissions.ts'
import type { Principal } from './principal.ts'

const MAX_NAME_LENGTH = 150

/** Who asks, as the application's own session knows it. */
export interface HostPrincipal {
  /** Recorded with what they start as `manual:<name>`: a name or id that is theirs alone. */
  name: string
  /** What they may do with every task, or those that `tasks` names. Default: nothing. */
  role?: Role
  /** Patterns of the tasks that the role is for, such as `catalog.*`. Default: every task. */
  tasks?: readonly string[]
  /** Patterns of the tasks that they may start without a role. They may read the jobs that they started. Default: none. */
  starts?: readonly string[]
}

/**
 * What the application's hook answered, checked.
 *
 * @throws BackbeatError `invalid_principal`
 */
export function hostPrincipal(given: HostPrincipal): Principal {
  const { name, role, tasks, starts = [] } = given
  if (!isName(name))
    throw invalid(`name is not a text of 1 to ${MAX_NAME_LENGTH} characters without control characters`)
  if (role !== undefined && !ROLES.includes(role)) throw invalid(`role is not one of ${ROLES.join(', ')}`)
  for (const pattern of [...(tasks ?? []), ...starts]) {
    if (!isTaskPattern(pattern))
      throw invalid(`${JSON.stringify(pattern)} is not a pattern of tasks such as "catalog.*"`)
  }
  return {
    kind: 'host',
    name,
    permission: role === undefined ? null : permissionOf(role),
    tasks: tasks ?? null,
    starts,
  }
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && /^\P{Cc}+$/u.test(name) && name.isWellFormed() && name.length <= MAX_NAME_LENGTH
}

function invalid(what: string): BackbeatError {
  return new BackbeatError('invalid_principal', `The authenticate hook gave a principal that cannot be used: ${what}.`)
}
