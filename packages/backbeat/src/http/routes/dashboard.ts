import { BackbeatError } from '../../errors.ts'
import { DashboardFiles } from '../dashboard-files.ts'
import type { HttpRouter } from '../http-parts.ts'

const DASHBOARD_PATH = '/admin/background-tasks'
const PREFIX = `${DASHBOARD_PATH}/`

/** The name of an asset holds a hash of its content, so what was read once is never asked for again. */
const FOREVER = 'public, max-age=31536000, immutable'

/**
 * The dashboard's page and what it loads. They are public, as they hold no data: everything that the
 * page shows it asks of the API, as whoever has signed in.
 */
export function addDashboardRoutes(app: HttpRouter, files = new DashboardFiles()): void {
  // Relative, because a framework may have taken the path below which this is mounted off.
  app.get(DASHBOARD_PATH, (c) => c.body(null, 308, { Location: 'background-tasks/' }))

  app.get(`${PREFIX}assets/:name`, async (c) => {
    const asset = await files.asset(c.req.param('name'))
    if (!asset) {
      throw new BackbeatError('not_found', 'The dashboard has no such file. Load its page again.', { status: 404 })
    }
    const headers = { 'Content-Type': asset.type, 'Cache-Control': FOREVER, Vary: 'Accept-Encoding' }
    if (!acceptsBrotli(c.req.header('accept-encoding'))) return c.body(asset.content, 200, headers)
    return c.body(asset.compressed, 200, { ...headers, 'Content-Encoding': 'br' })
  })

  // Every other path below is a screen, which the page itself knows.
  app.get(`${PREFIX}*`, async (c) => {
    const page = await files.page()
    if (page === undefined) {
      throw new BackbeatError(
        'dashboard_not_built',
        'The dashboard was not built. Run "npm run build", then restart.',
        {
          status: 503,
        },
      )
    }
    return c.html(page.replaceAll('"./', `"${upwards(c.req.path)}`))
  })
}

/** How to get from a screen's path back to the dashboard's own. */
function upwards(path: string): string {
  const depth = path.slice(path.indexOf(PREFIX) + PREFIX.length).split('/').length - 1
  return depth === 0 ? './' : '../'.repeat(depth)
}

function acceptsBrotli(header = ''): boolean {
  return header.split(',').some((coding) => /^br(;q=(?!0(\.0*)?$).*)?$/.test(coding.trim().replaceAll(' ', '')))
}
