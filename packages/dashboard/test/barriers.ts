import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe finds that is serious, in a few words each. */
export async function barriers(page: Page): Promise<string[]> {
  // Evaluated by the browser's debugger, which the page's policy for scripts does not concern.
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  })
}
