import { createServer, type RunningServer } from './server.ts'
import { adminToken, host, isLoopback, port } from './settings.ts'

/** Sent once, it lets running jobs finish; sent again, it ends the process at once. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

// Whoever read the output may be gone; jobs that run are finished all the same.
process.stdout.on('error', () => {})

try {
  const server = await createServer({ host: host(), port: port() })
  welcome(server)
  for (const signal of SIGNALS) {
    process.once(signal, async () => {
      for (const again of SIGNALS) process.once(again, () => process.exit(1))
      console.log('\nStopping: running jobs may finish; press Ctrl-C again to leave at once.')
      await server.close()
      process.exit(0)
    })
  }
} catch (error) {
  console.error(`The marketplace could not start. ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}

function welcome({ origin, signsDeveloperIn }: RunningServer): void {
  const api = `${origin}/api/v1/admin/background-tasks`
  // A secret of a server is not for its log.
  const token = isLoopback(host()) ? adminToken() : '$BACKBEAT_ADMIN_TOKEN'
  const authorization = signsDeveloperIn ? '' : ` -H "authorization: Bearer ${token}"`
  console.log(`
  The marketplace is at ${origin}
    the shop            ${origin}/
    the dashboard       ${origin}/admin/background-tasks/
    jobs (API)          ${api}
    API description     ${origin}/openapi.json

  Import the sample feed:

    curl -X POST ${origin}/api/v1/catalog/product-import${authorization} -H 'content-type: application/json' -d '{"shop":"nord","url":"${origin}/feeds/sample.csv"}'

  and watch the job under the status_url that it answers:

    curl${authorization} ${origin}<status_url>
`)
}
