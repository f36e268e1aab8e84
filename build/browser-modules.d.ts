import type { Plugin as EsbuildPlugin } from 'esbuild'
import type { Plugin as RollupPlugin } from 'rollup'

export function browserModulesForRollup(): RollupPlugin
export function browserModulesForEsbuild(): EsbuildPlugin
