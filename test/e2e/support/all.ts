/** Whether suites run what takes too long to be run every time, beside what always runs. */
export const ALL = process.env.SHOAL_TEST_ALL === '1'
