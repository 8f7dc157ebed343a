import { task } from 'backbeat'
import * as z from 'zod'

export const greet = task({
  name: 'demo.greet',
  input: z.object({ name: z.string() }),
  async run({ name }, ctx) {
    await ctx.progress(50, `Greeting ${name}`)
    return { greeting: `Hello, ${name}` }
  },
})
