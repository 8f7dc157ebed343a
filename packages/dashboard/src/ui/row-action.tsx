import { Button, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

interface RowActionProps {
  /** What it will do, told to whoever points at it or comes to it by the keyboard. */
  hint: string
  onClick: () => void
  children: ReactNode
}

/** Does something to the record of a row at once. */
export function RowAction({ hint, onClick, children }: RowActionProps) {
  return (
    <Tooltip label={hint} multiline maw={280} events={{ hover: true, focus: true, touch: false }}>
      <Button size="compact-xs" variant="default" onClick={onClick}>
        {children}
      </Button>
    </Tooltip>
  )
}
