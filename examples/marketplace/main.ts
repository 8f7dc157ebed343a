import { createServer } from './server.ts'
import { adminToken, host, isLoopback, port } from './settings.ts'

/** Sent once, it lets running jobs finish; sent again, it ends the process at once. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

// Whoever read the output may be gone; jobs that run are finished all the same.
process.stdout.on('error', () => {})

try {
  if (!isLoopback(host()) && !process.env.BACKBEAT_ADMIN_TOKEN) {
    throw new Error(
      `HOST=${host()} can be reached from other machines. Set BACKBEAT_ADMIN_TOKEN to a long secret, or leave HOST out.`,
    )
  }
  const server = await createServer({ host: host(), port: port() })
  welcome(server.origin)
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

function welcome(origin: string): void {
  const api = `${origin}/api/v1/admin/background-tasks`
  const token = adminToken()
  console.log(`
  The marketplace is at ${origin}
    the shop            ${origin}/
    jobs (API)          ${api}
    API description     ${origin}/openapi.json

  Import the sample feed:

    curl -X POST ${origin}/api/v1/catalog/product-import -H 'authorization: Bearer ${token}' -H 'content-type: application/json' -d '{"shop":"nord","url":"${origin}/feeds/sample.csv"}'

  and watch the job under the status_url that it answers:

    curl -H 'authorization: Bearer ${token}' ${origin}<status_url>
`)
}
