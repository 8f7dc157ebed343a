import { Fragment } from 'react'

/** A long name that is broken after its parts, and never within a word unless one is too long for a line. */
export function Breakable({ text }: { text: string }) {
  const parts = text.split(/(?<=[.:/_@=-])/)
  return (
    <span className="breakable">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts stay where they are
        <Fragment key={index}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  )
}
