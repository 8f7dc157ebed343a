import { client, queryClient } from './client.ts'

/** Ends the session, and forgets what was shown to it. */
export async function signOut(): Promise<void> {
  await client.access.signOut()
  queryClient.clear()
  location.reload()
}
