import type { Permission } from './permissions.ts'

/**
 * Where a principal is known from: a user of the store who signed in, an API token, the session of
 * the application around, or nothing but that this machine is a developer's.
 */
export type PrincipalKind = 'user' | 'token' | 'host' | 'developer'

/** Who asks, and what that one may do. */
export interface Principal {
  kind: PrincipalKind
  /** Of the user or token. */
  name: string
  /** The highest; it includes those below. `null` for somebody who has none. */
  permission: Permission | null
  /** Patterns of the tasks that the permission is for; `null` for every task. */
  tasks: readonly string[] | null
  /** Patterns of tasks that may be started without `background_tasks.manage`. */
  starts: readonly string[]
}

/** As a job's `triggered_by` names who started it: `manual:ana`, `api:ci-deploy`. */
export function starterName({ kind, name }: Pick<Principal, 'kind' | 'name'>): string {
  return kind === 'token' ? `api:${name}` : `manual:${name}`
}
