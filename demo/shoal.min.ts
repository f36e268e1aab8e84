// The page imports the bundle that sites would import; its types are the library's. Tests in Node get the library itself.
export * from '../src/index.ts'
