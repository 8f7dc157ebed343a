import { createBackbeat } from 'backbeat'
import { createLogger } from './logger.ts'
import { resources } from './resources.ts'
import { adminToken, storeUrl } from './settings.ts'

const token = adminToken()

/** The marketplace's tasks and where their jobs are kept. Executor threads load this module, so it does nothing else. */
export const backbeat = createBackbeat({
  module: import.meta.url,
  store: storeUrl(),
  tasks: './modules/*/tasks.ts',
  resources,
  ...(token !== undefined && { adminToken: token }),
  logger: createLogger(),
})
