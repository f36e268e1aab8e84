import type { Plugin as EsbuildPlugin } from 'esbuild'
import type { Plugin as RollupPlugin } from 'rollup'

export const browserModules: Readonly<Record<string, string>>
export function browserModulesForRollup(): RollupPlugin
export function browserModulesForEsbuild(more?: Readonly<Record<string, string>>): EsbuildPlugin
