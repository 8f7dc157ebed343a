import { html } from 'hono/html'
import { LARGE_SAMPLE_ROWS, SAMPLE_ROWS } from './sample-feed.ts'

export interface CataloguePageOptions {
  shop: string
  products: number
  operatorsUrl: string
}

/** The catalogue as a page. All values are escaped by the template. */
export function cataloguePage({ shop, products, operatorsUrl }: CataloguePageOptions) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Catalogue of ${shop}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/shop.css">
    <script type="module" src="/shop.js"></script>
  </head>
  <body>
    <header>
      <p class="shop">${shop}</p>
      <h1>Catalogue</h1>
    </header>
    <main>
      <section class="count" aria-label="Products in the catalogue">
        <output id="products">${number(products)}</output>
        <span>products</span>
      </section>

      <section class="card" aria-labelledby="import-title">
        <h2 id="import-title">Import products</h2>
        <p>
          Reads a CSV feed and stores its products by SKU. Importing a feed again changes nothing.
          The sample feeds have a few rows that are wrong on purpose.
        </p>
        <div class="buttons">
          <button type="button" data-feed="sample">Import the sample feed<small>${number(SAMPLE_ROWS)} rows</small></button>
          <button type="button" data-feed="large" class="quiet">Import a large feed<small>${number(LARGE_SAMPLE_ROWS)} rows</small></button>
        </div>
        <p id="notice" class="notice" role="alert" hidden></p>

        <div id="import" hidden>
          <div class="line">
            <strong id="status"></strong>
            <span id="percent"></span>
          </div>
          <progress id="bar" max="100" value="0" aria-labelledby="status"></progress>
          <p id="message" role="status"></p>
          <p id="error" class="error" hidden></p>
          <dl id="counts" hidden>
            <div><dt>Imported</dt><dd id="imported"></dd></div>
            <div><dt>Failed</dt><dd id="failed"></dd></div>
            <div><dt>Rows</dt><dd id="rows"></dd></div>
          </dl>
          <details id="failures" hidden>
            <summary></summary>
            <ul></ul>
          </details>
        </div>
      </section>
    </main>
    <footer>
      <p>Operators watch every import at <a href="${operatorsUrl}">${operatorsUrl}</a>.</p>
    </footer>
  </body>
</html>`
}

function number(value: number): string {
  return value.toLocaleString('en')
}
