import type { Session } from 'backbeat/client'
import { createContext, type ReactNode, useContext } from 'react'
import { Forbidden } from './states.tsx'

export type Permission = Session['permissions'][number]

const SessionContext = createContext<Session | null>(null)

export const SessionProvider = SessionContext.Provider

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('Only those who are signed in get here.')
  return session
}

/** Whether what needs a permission is shown. The server decides for itself. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission)
}

/** Whether buttons that change something are shown. */
export function useMayManage(): boolean {
  return useMay('background_tasks.manage')
}

/** Shows what only some may see, and to others why they do not. */
export function Permitted({ permission, children }: { permission: Permission; children: ReactNode }) {
  return useMay(permission) ? children : <Forbidden permission={permission} />
}
