import '../../examples/nest/readings.spec.js'; // what the guide shows of testing

// Nest loads a part of itself with the first service: on a busy machine that takes longer than a test may.
before(function () {
  this.timeout(60_000);
  return import('@nestjs/microservices');
});
