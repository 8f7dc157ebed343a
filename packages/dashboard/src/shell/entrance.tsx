import { useQuery } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { BackbeatApiError } from 'backbeat/client'
import { client, POLL_MS } from '../api/client.ts'
import { router } from '../router.tsx'
import { SessionProvider } from '../ui/session.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import { SignIn } from './sign-in.tsx'

/** Lets in who is known, and asks everybody else to sign in. */
export function Entrance() {
  const session = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => client.access.whoAmI({ signal }),
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data ? false : POLL_MS),
  })
  const isUnknown = session.error instanceof BackbeatApiError && session.error.status === 401
  if (isUnknown) return <SignIn onDone={() => session.refetch()} />
  if (session.data) {
    return (
      <SessionProvider value={session.data}>
        <RouterProvider router={router} />
      </SessionProvider>
    )
  }
  return session.error ? <Failure error={session.error} onRetry={() => void session.refetch()} /> : <Loading />
}
