import type { Session } from 'backbeat/client'
import { createContext, useContext } from 'react'
import { mayManage } from '../api/client.ts'

const SessionContext = createContext<Session | null>(null)

export const SessionProvider = SessionContext.Provider

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('Only those who are signed in get here.')
  return session
}

/** Whether buttons that change something are shown. The server decides for itself. */
export function useMayManage(): boolean {
  return mayManage(useSession())
}
