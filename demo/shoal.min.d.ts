// The page imports the bundle that sites would import; its types are the library's.
export * from '../src/index.ts'
