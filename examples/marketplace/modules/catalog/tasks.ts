import { task } from 'backbeat'
import * as z from 'zod'
import { NetworkError } from './feed/errors.ts'
import { isFeedFileName } from './feed/folder.ts'
import { importProducts } from './import.ts'

const columnName = z.string().min(1).max(200)

const productImportInput = z
  .object({
    shop: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'give lower-case letters, digits and hyphens, such as nord')
      .describe('The shop whose products these are, such as `nord`. Each shop imports one feed at a time.'),
    url: z
      .url({ protocol: /^https?$/, message: 'give an http or https address' })
      .max(2000)
      .refine(hasNoPassword, 'leave out the user name and password')
      .optional()
      .describe('The HTTP address of the feed, a CSV file in UTF-8. Give either this or `file`.'),
    file: z
      .string()
      .max(300)
      .refine(isFeedFileName, 'give a path inside the feeds folder, such as nord/today.csv')
      .optional()
      .describe('The path of the feed inside the feeds folder. Give either this or `url`.'),
    columns: z
      .strictObject({
        sku: columnName.optional().describe('Default: `sku`.'),
        title: columnName.optional().describe('Default: `title`.'),
        price: columnName.optional().describe('Default: `price`.'),
        description: columnName.optional().describe('Default: `description`, where the feed has it.'),
        stock: columnName.optional().describe('Default: `stock`, where the feed has it.'),
      })
      .default({})
      .describe('What the feed calls its columns, where it does not use the default names.'),
  })
  .refine(({ url, file }) => (url === undefined) !== (file === undefined), {
    path: ['url'],
    message: 'give either url or file',
  })

export const productImport = task({
  name: 'catalog.product_import',
  description: "Imports a CSV feed into the shop's products, by SKU. Importing a feed again changes nothing.",
  input: productImportInput,
  queue: 'long_running',
  unique: { key: ({ shop }) => shop },
  tags: ({ shop }) => [`shop=${shop}`],
  retry: { on: [NetworkError], times: 3, backoff: { first: '5s', max: '1m', jitter: true } },
  limits: { soft: '30m', hard: '35m' },
  // Rows that are left out are products that customers do not find.
  notify: ['failed', 'stuck', 'completed_with_warnings'],
  run: importProducts,
})

function hasNoPassword(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed === null || (parsed.username === '' && parsed.password === '')
}
