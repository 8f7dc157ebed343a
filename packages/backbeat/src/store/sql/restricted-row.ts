import type { Candidate, Restrictions } from '../../job/admission.ts'

/** The columns of a row that say whether it may start. */
export interface RestrictedRow {
  id: string
  expires_at: number | null
  restrictions: string | null
  start_reserved: number
}

/** Whether nothing may keep the job from starting. */
export function isUnrestricted({ restrictions, expires_at }: RestrictedRow): boolean {
  return restrictions === null && expires_at === null
}

export function candidateOf({ id, restrictions, expires_at, start_reserved }: RestrictedRow): Candidate {
  return {
    id,
    restrictions: restrictions === null ? null : (JSON.parse(restrictions) as Restrictions),
    expiresAt: expires_at,
    startReserved: start_reserved === 1,
  }
}
