import { readFile } from 'node:fs/promises'
import type { HttpRouter } from '../http-parts.ts'

const ASSETS = new URL('../../../assets/', import.meta.url)
const FILES = { 'docs.js': 'text/javascript; charset=utf-8', 'docs.css': 'text/css; charset=utf-8' } as const

/** Nothing but what this server itself serves, and no script within the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

// Its links are relative, so that it works below any path.
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Backbeat API</title>
    <link rel="stylesheet" href="docs/docs.css">
    <script type="module" src="docs/docs.js"></script>
  </head>
  <body>
    <noscript>This page needs JavaScript. The document that it shows is <a href="openapi.json">openapi.json</a>.</noscript>
    <main></main>
  </body>
</html>
`

/** A page to read the OpenAPI document on, and to send requests from. */
export function addDocsRoutes(app: HttpRouter): void {
  app.get('/docs', (c) => {
    c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
    return c.html(PAGE)
  })
  for (const [name, type] of Object.entries(FILES)) {
    let content: Promise<string> | undefined
    app.get(`/docs/${name}`, async (c) => {
      content ??= readFile(new URL(name, ASSETS), 'utf8')
      return c.body(await content, 200, { 'Content-Type': type })
    })
  }
}
