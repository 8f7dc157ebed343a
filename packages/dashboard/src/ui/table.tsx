import type { ReactNode } from 'react'

export interface Heading {
  label: string
  isRight?: boolean
}

/** A table of a few rows, which scrolls sideways where it does not fit. */
export function Table({
  label,
  headings,
  children,
}: {
  label: string
  headings: readonly Heading[]
  children: ReactNode
}) {
  return (
    <div className="panel scrolls" tabIndex={0} role="region" aria-label={label}>
      <table className="data">
        <thead>
          <tr>
            {headings.map((heading) => (
              <th key={heading.label} scope="col" className={heading.isRight ? 'right' : ''}>
                {heading.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
