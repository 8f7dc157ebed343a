import { loadApplication, type OpenedApplication } from '../application.ts'
import { systemClock } from '../clock.ts'
import { openStore } from '../open-store.ts'
import type { ExecutorSettings } from '../pool/messages.ts'
import type { Store } from '../store/store.ts'

/** The application as an executor needs it: the store is opened only once a transactional task asks for it. */
export async function openApplication({ module, storeUrl }: ExecutorSettings): Promise<OpenedApplication> {
  const application = await loadApplication(module)
  let store: Promise<Store> | undefined
  const opened = await application.open(systemClock, async () => {
    store ??= openStore(storeUrl)
    return (await store).beginAttempt()
  })
  return {
    ...opened,
    close: async () => {
      await opened.close()
      await (await store)?.close()
    },
  }
}
