/** What may be permitted, each including those before it. */
export const PERMISSIONS = ['background_tasks.view', 'background_tasks.manage', 'background_tasks.admin'] as const

/**
 * `background_tasks.view` reads; `.manage` starts, retries and cancels, and changes queues; `.admin`
 * also changes who may do what, and reads the audit log.
 */
export type Permission = (typeof PERMISSIONS)[number]

export const ROLES = ['viewer', 'operator', 'admin'] as const

/** What a user may do, in a word. */
export type Role = (typeof ROLES)[number]

const HIGHEST: Record<Role, Permission> = {
  viewer: 'background_tasks.view',
  operator: 'background_tasks.manage',
  admin: 'background_tasks.admin',
}

/** The highest permission of a role. */
export function permissionOf(role: Role): Permission {
  return HIGHEST[role]
}

/** The highest of several permissions; `null` of none. */
export function highestOf(permissions: readonly Permission[]): Permission | null {
  return PERMISSIONS.findLast((permission) => permissions.includes(permission)) ?? null
}

/** A permission with those that it includes. */
export function upTo(highest: Permission | null): Permission[] {
  return highest === null ? [] : PERMISSIONS.slice(0, PERMISSIONS.indexOf(highest) + 1)
}

/** Whether holding `held` is enough where `needed` is asked for. */
export function includes(held: Permission | null, needed: Permission): boolean {
  return held !== null && PERMISSIONS.indexOf(held) >= PERMISSIONS.indexOf(needed)
}
