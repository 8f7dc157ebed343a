import { BackbeatError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']
/** What proxies and tunnels add. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']

/**
 * Whether a request comes from this machine itself. Its name tells, because a page of another site
 * whose name was made to lead here asks under that name; and that no proxy passed it on tells, because
 * a tunnel may ask under any.
 */
export function isLocalRequest(request: Request): boolean {
  return hostNamesOf(request).every(isLoopback) && !FORWARDED.some((name) => request.headers.has(name))
}

/** That of the URL may be one that the server around was configured with; the header is what was asked for. */
function hostNamesOf(request: Request): string[] {
  const host = request.headers.get('host')
  const asked = host === null ? [] : [URL.parse(`http://${host}`)?.hostname ?? host]
  return [new URL(request.url).hostname, ...asked]
}

/**
 * Refuses requests that another site makes a browser send. Browsers say where a request comes from
 * in headers that no script can set; programs send neither header, and no cookies by themselves.
 *
 * @param trusted origins that may send them, such as `https://app.example.com`
 * @throws BackbeatError `cross_origin`
 */
export function requireSameOrigin(request: Request, trusted: readonly string[]): void {
  if (SAFE_METHODS.includes(request.method)) return
  const origin = request.headers.get('origin')
  if (origin !== null && trusted.includes(origin)) return
  const site = request.headers.get('sec-fetch-site')
  if (site === 'same-origin' || site === 'none') return
  if (site === null && (origin === null || hostOf(origin) === hostOf(request.url, request.headers.get('host')))) return
  throw new BackbeatError(
    'cross_origin',
    'A page of another site may not do this with your session. Use the dashboard itself, an API token, or list the site in trustedOrigins.',
    { status: 403 },
  )
}

/** Only hosts are compared: behind a proxy that ends TLS the request's own scheme is not the browser's. */
function hostOf(url: string, header: string | null = null): string | null {
  if (header !== null) return header.toLowerCase()
  return URL.canParse(url) ? new URL(url).host : null
}
