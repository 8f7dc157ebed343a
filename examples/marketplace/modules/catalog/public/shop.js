// Shows the import that is running, or the last one, and starts new ones. The server is asked for
// it on every load, so that a reload shows the same import again. Text from feeds is only ever set
// as text, never as HTML.

const POLL_MS = 400

const STATUS = {
  pending: 'Waiting to start',
  running: 'Importing',
  retrying: 'Interrupted, trying again soon',
  completed: 'Imported',
  completed_with_warnings: 'Imported, with some rows left out',
  failed: 'The import failed',
  stuck: 'The import was lost',
  cancelled: 'The import was cancelled',
}

const element = (id) => document.getElementById(id)
const number = new Intl.NumberFormat('en')
const buttons = document.querySelectorAll('button[data-feed]')

for (const button of buttons) button.addEventListener('click', () => start(button.dataset.feed))
watch('/shop/imports/latest')

async function start(feed) {
  enable(false)
  notify('')
  try {
    const response = await fetch('/shop/imports', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ feed }),
    })
    if (!response.ok) throw new Error(`the shop answered ${response.status}`)
    const { id, started } = await response.json()
    if (!started) notify('An import is running already; this is how far it is.')
    await watch(`/shop/imports/${encodeURIComponent(id)}`)
  } catch (error) {
    notify(`The import could not be started: ${error.message}. Try again.`)
    enable(true)
  }
}

/** Follows an import until it rests. A connection that fails is tried again. */
async function watch(url) {
  for (;;) {
    const state = await ask(url)
    if (state === 'none') return enable(true)
    if (state === 'unreachable') {
      notify('The shop does not answer. Trying again …')
    } else {
      if (element('notice').textContent.startsWith('The shop does not answer')) notify('')
      show(state)
      enable(state.done)
      if (state.done) return
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function ask(url) {
  try {
    const response = await fetch(url)
    if (response.status === 204 || response.status === 404) return 'none'
    return response.ok ? await response.json() : 'unreachable'
  } catch {
    return 'unreachable'
  }
}

function show(job) {
  element('import').hidden = false
  element('products').textContent = number.format(job.products)
  element('status').textContent = STATUS[job.status] ?? job.status
  element('percent').textContent = job.status === 'pending' ? '' : `${job.percent} %`
  element('bar').value = job.percent
  element('message').textContent = job.done ? job.warnings.join(' ') : (job.message ?? '')
  setText(element('error'), job.done || job.status === 'retrying' ? job.error : null)
  element('counts').hidden = job.items.total === 0
  element('imported').textContent = number.format(job.items.successful)
  element('failed').textContent = number.format(job.items.failed)
  element('rows').textContent = number.format(job.items.total)
  showFailures(job)
}

function showFailures({ failed_rows: rows, items }) {
  const details = element('failures')
  details.hidden = rows.length === 0
  const more = items.failed > rows.length ? `, the first ${rows.length}` : ''
  details.querySelector('summary').textContent = `Rows that were not imported (${number.format(items.failed)}${more})`
  details.querySelector('ul').replaceChildren(
    ...rows.map((message) => {
      const entry = document.createElement('li')
      entry.textContent = message
      return entry
    }),
  )
}

function notify(text) {
  setText(element('notice'), text)
}

function setText(target, text) {
  target.textContent = text ?? ''
  target.hidden = !text
}

function enable(enabled) {
  for (const button of buttons) button.disabled = !enabled
}
