import '../../examples/nest/readings.spec.js'; // what the guide shows of testing
