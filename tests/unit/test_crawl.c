#include "unit_crawl.h"

static void
test_a_walk_from_end_to_end(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job;

	(void)state;
	open_listing(crawl, "open shelves");
	assert_string_equal(next(crawl, &job), "fetch shelves 0+10");
	link_record(crawl, job.listing, "a b");
	assert_int_equal(came(crawl, &job, 1, 1), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	/* The books wait for the count, the index for the books. */
	open_listing(crawl, "open count/a%20b");
	assert_string_equal(next(crawl, &job), "fetch count/a%20b 0+0");
	crawl_add_fields(crawl, job.listing, one("2"));
	assert_int_equal(one_received(crawl, &job), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	open_listing(crawl, "open books/a%20b");
	assert_string_equal(next(crawl, &job), "fetch books/a%20b 0+10");
	assert_int_equal(came(crawl, &job, 2, 2), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	open_listing(crawl, "open index/a%20b");
	assert_string_equal(next(crawl, &job), "derive index/a%20b");
	assert_false(job.listing->after_gapped);
	assert_int_equal(one_received(crawl, &job), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	assert_string_equal(next(crawl, &job), "done a%20b");
	assert_false(crawl_is_over(crawl));
	crawl_node_done(crawl, job.node);
	assert_true(crawl_is_over(crawl));
	assert_string_equal(next(crawl, &job), "nothing");
	crawl_free(crawl);
}

/* Open the listing of shelves and have its first page come. */
static struct crawl_listing *
shelves(struct crawl *crawl, int64_t total)
{
	struct crawl_job job = open_listing(crawl, "open shelves");

	assert_string_equal(next(crawl, &job), "fetch shelves 0+10");
	came(crawl, &job, 10, total);
	return job.listing;
}

static void
test_pages_ahead_but_none_beyond_the_end(void **state)
{
	struct crawl *crawl = begin(3);
	struct crawl_job first, second, third, job;

	(void)state;
	open_listing(crawl, "open shelves");
	assert_string_equal(next(crawl, &first), "fetch shelves 0+10");
	/* Before the first page, no one knows how many there are. */
	assert_string_equal(next(crawl, &job), "nothing");
	assert_int_equal(came(crawl, &first, 10, 52), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &first), "fetch shelves 10+10");
	assert_string_equal(next(crawl, &second), "fetch shelves 20+10");
	assert_string_equal(next(crawl, &third), "fetch shelves 30+10");
	/* Three ahead are enough; and only the first may be committed. */
	assert_string_equal(next(crawl, &job), "nothing");
	assert_true(crawl_is_next(&first));
	assert_false(crawl_is_next(&second));
	came(crawl, &first, 10, 52);
	assert_true(crawl_is_next(&second));
	assert_string_equal(next(crawl, &job), "fetch shelves 40+10");
	came(crawl, &second, 10, 52);
	came(crawl, &third, 10, 52);
	came(crawl, &job, 10, 52);
	assert_string_equal(next(crawl, &job), "fetch shelves 50+10");
	assert_string_equal(next(crawl, &first), "nothing");
	assert_int_equal(came(crawl, &job, 2, 52), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
}

static void
test_only_what_is_in_turn(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job, other;

	(void)state;
	shelves(crawl, 50);
	assert_int_equal(crawl_next(crawl, true, &job), CRAWL_FETCH);
	assert_int_equal(crawl_next(crawl, true, &other), CRAWL_NOTHING);
	came(crawl, &job, 10, 50);
	assert_int_equal(crawl_next(crawl, true, &other), CRAWL_FETCH);
	assert_int_equal(other.first, 20);
	crawl_free(crawl);
}

static void
test_a_server_may_give_less_than_it_is_asked_for(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = open_listing(crawl, "open shelves");
	struct crawl_result result = { .received = 4, .distinct = 4,
	    .fresh = 4, .news = 4, .total = 9, .size = 4, .more = -1 };

	(void)state;
	assert_string_equal(next(crawl, &job), "fetch shelves 0+10");
	assert_int_equal(crawl_finish(crawl, &job, &result), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 4+4");
	assert_int_equal(crawl_finish(crawl, &job, &result), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 8+4");
	result.received = result.distinct = result.fresh = 1;
	assert_int_equal(crawl_finish(crawl, &job, &result), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);
}

static void
test_an_empty_page_is_the_end(void **state)
{
	struct crawl *crawl = begin(1);
	struct crawl_job job;

	(void)state;
	shelves(crawl, 1000);
	assert_string_equal(next(crawl, &job), "fetch shelves 10+10");
	/* But not what the total promised: it is read again. */
	assert_int_equal(came(crawl, &job, 0, 1000), CRAWL_REREADS);
	assert_string_equal(next(crawl, &job), "fetch shelves 0+10");
	assert_int_equal(job.pass, 2);
	crawl_free(crawl);
}

static void
test_counts_that_differ_are_read_again_once(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = open_listing(crawl, "open shelves");
	struct crawl_result nine = { .received = 9, .distinct = 9,
	    .fresh = 9, .news = 9, .total = 10, .size = 10, .more = -1 };

	(void)state;
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &nine), CRAWL_REREADS);
	next(crawl, &job);
	nine.fresh = 0;
	assert_int_equal(crawl_finish(crawl, &job, &nine), CRAWL_MISCOUNTED);
	assert_int_equal(job.listing->distinct, 9);
	assert_int_equal(job.listing->total, 10);
	assert_true(job.listing->gapped);
	crawl_end(crawl, job.listing);
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
}

static void
test_what_came_late_is_found_in_the_second_reading(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = open_listing(crawl, "open shelves");
	struct crawl_result nine = { .received = 9, .distinct = 9,
	    .fresh = 9, .news = 9, .total = 10, .size = 10, .more = -1 };
	struct crawl_result ten = { .received = 10, .distinct = 10,
	    .fresh = 1, .news = 10, .total = 10, .size = 10, .more = -1 };
	struct crawl_result same = { .received = 10, .distinct = 10,
	    .fresh = 0, .news = 10, .total = 10, .size = 10, .more = -1 };

	(void)state;
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &nine), CRAWL_REREADS);
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &ten), CRAWL_CONTINUES);
	assert_int_equal(probe(crawl, "fetch shelves 10+10"), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);

	/* A record that came twice is a sign that the list moved. */
	crawl = begin(8);
	job = open_listing(crawl, "open shelves");
	ten.distinct = ten.fresh = 9;
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &ten), CRAWL_CONTINUES);
	assert_int_equal(probe(crawl, "fetch shelves 10+10"), CRAWL_REREADS);
	next(crawl, &job);
	same.fresh = 1;
	assert_int_equal(crawl_finish(crawl, &job, &same), CRAWL_CONTINUES);
	assert_int_equal(probe(crawl, "fetch shelves 10+10"), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);
}

static void
test_a_total_that_changes_is_read_again(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job;
	struct crawl_result same = { .received = 10, .distinct = 10,
	    .fresh = 0, .news = 10, .total = 20, .size = 10, .more = -1 };

	(void)state;
	shelves(crawl, 19);
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 20), CRAWL_CONTINUES);
	assert_int_equal(probe(crawl, "fetch shelves 20+10"), CRAWL_REREADS);
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &same), CRAWL_CONTINUES);
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &same), CRAWL_CONTINUES);
	assert_int_equal(probe(crawl, "fetch shelves 20+10"), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);
}

/* A reading of 19 records without a total: one came on two pages. */
static enum crawl_state
reading(struct crawl *crawl, struct crawl_job *job, uint64_t new,
    uint64_t print, uint64_t known)
{
	struct crawl_result page = { .received = 10, .distinct = 10,
	    .fresh = new, .news = 10, .total = -1, .size = 10, .more = -1,
	    .print = print, .known_print = known };

	next(crawl, job);
	crawl_finish(crawl, job, &page);
	page.distinct = 9;
	next(crawl, job);
	crawl_finish(crawl, job, &page);
	page.received = page.distinct = page.fresh = page.news = 0;
	next(crawl, job);
	return crawl_finish(crawl, job, &page);
}

static void
test_without_a_total_the_order_tells(void **state)
{
	enum crawl_state ended = CRAWL_REREADS;
	struct crawl *crawl = begin(8);
	struct crawl_job job = open_listing(crawl, "open shelves");
	uint64_t i;

	(void)state;
	assert_int_equal(reading(crawl, &job, 10, 5, 0), CRAWL_REREADS);
	/* Nothing new, and yet another order; then new ones, and the same. */
	assert_int_equal(reading(crawl, &job, 0, 6, 6), CRAWL_REREADS);
	assert_int_equal(reading(crawl, &job, 1, 7, 6), CRAWL_COMPLETE);
	crawl_restart(job.listing);
	for (i = 1; i < 20 && ended == CRAWL_REREADS; i++)
		ended = reading(crawl, &job, 0, i, i);
	assert_int_equal(ended, CRAWL_UNSTABLE);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);
}

static void
test_a_page_that_fails_costs_that_page(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job, last;

	(void)state;
	shelves(crawl, 25);
	assert_string_equal(next(crawl, &job), "fetch shelves 10+10");
	assert_string_equal(next(crawl, &last), "fetch shelves 20+10");
	assert_int_equal(crawl_fail(crawl, &job), CRAWL_CONTINUES);
	assert_true(crawl_is_next(&last));
	assert_int_equal(came(crawl, &last, 5, 25), CRAWL_GAPS);
	assert_int_equal(job.listing->gaps, 1);
	crawl_end(crawl, job.listing);
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
}

static void
test_a_first_page_that_fails_costs_the_listing(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = open_listing(crawl, "open shelves");

	(void)state;
	next(crawl, &job);
	assert_int_equal(crawl_fail(crawl, &job), CRAWL_GAPS);
	crawl_end(crawl, job.listing);
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
}

/* Go down to the books of the one shelf. */
static struct crawl_job
down_to_books(struct crawl *crawl, const char *n)
{
	struct crawl_job job = open_listing(crawl, "open shelves");

	next(crawl, &job);
	link_record(crawl, job.listing, "a");
	came(crawl, &job, 1, 1);
	crawl_end(crawl, job.listing);
	open_listing(crawl, "open count/a");
	next(crawl, &job);
	if (n == NULL) {
		assert_int_equal(crawl_fail(crawl, &job), CRAWL_GAPS);
	} else {
		crawl_add_fields(crawl, job.listing, one(n));
		one_received(crawl, &job);
	}
	crawl_end(crawl, job.listing);
	open_listing(crawl, "open books/a");
	assert_string_equal(next(crawl, &job), "fetch books/a 0+10");
	return job;
}

static void
test_another_resource_says_how_many(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = down_to_books(crawl, "3");
	struct crawl_result two = { .received = 2, .distinct = 2, .fresh = 0,
	    .news = 2, .total = 2, .size = 10, .more = -1 };

	(void)state;
	/* The listing's own total fits; the shelf's count doesn't. */
	assert_int_equal(came(crawl, &job, 2, 2), CRAWL_REREADS);
	next(crawl, &job);
	assert_int_equal(crawl_finish(crawl, &job, &two), CRAWL_MISCOUNTED);
	assert_int_equal(job.listing->expected, 3);
	crawl_end(crawl, job.listing);
	/* The index is made from what is not whole. */
	open_listing(crawl, "open index/a");
	assert_string_equal(next(crawl, &job), "derive index/a");
	assert_true(job.listing->after_gapped);
	assert_int_equal(crawl_fail(crawl, &job), CRAWL_GAPS);
	crawl_end(crawl, job.listing);
	/* And the shelf isn't done. */
	assert_string_equal(next(crawl, &job), "nothing");
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
}

/* Some write 2600.0: it is the number all the same. */
static void
test_a_count_is_read_in_any_form(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = down_to_books(crawl, "0.3e1");

	(void)state;
	assert_int_equal(came(crawl, &job, 2, 2), CRAWL_REREADS);
	assert_int_equal(job.listing->expected, 3);
	crawl_free(crawl);
}

static void
test_a_count_that_is_missing_is_not_compared(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = down_to_books(crawl, NULL);

	(void)state;
	assert_int_equal(came(crawl, &job, 2, 2), CRAWL_COMPLETE);
	assert_int_equal(job.listing->expected, -1);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);
}

static void
test_what_is_known_is_not_asked_for(void **state)
{
	const struct crawl_range ranges[] = { { 0, 20 }, { 30, 10 } };
	struct crawl_known known = { .total = 55, .size = 10, .pass = 1,
	    .distinct = 30, .ranges = ranges, .n_ranges = 2 };
	struct crawl *crawl = begin(8);
	struct crawl_job job, hole, rest, end;

	(void)state;
	assert_string_equal(next(crawl, &job), "open shelves");
	assert_int_equal(crawl_begin(crawl, job.listing, &known),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &hole), "fetch shelves 20+10");
	assert_string_equal(next(crawl, &rest), "fetch shelves 40+10");
	assert_string_equal(next(crawl, &end), "fetch shelves 50+10");
	assert_string_equal(next(crawl, &job), "nothing");
	assert_true(crawl_is_next(&hole));
	assert_false(crawl_is_next(&rest));
	came(crawl, &hole, 10, 55);
	assert_true(crawl_is_next(&rest));
	came(crawl, &rest, 10, 55);
	assert_int_equal(came(crawl, &end, 5, 55), CRAWL_COMPLETE);
	crawl_end(crawl, end.listing);
	crawl_free(crawl);

	/* All windows are there, but no one had said that it was whole. */
	crawl = begin(8);
	known.distinct = known.total = 20;
	known.is_full = true;
	known.n_ranges = 1;
	assert_string_equal(next(crawl, &job), "open shelves");
	assert_int_equal(crawl_begin(crawl, job.listing, &known),
	    CRAWL_CONTINUES);
	assert_int_equal(probe(crawl, "fetch shelves 20+10"), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
}

static void
test_a_total_may_be_capped(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job job = open_listing(crawl, "open shelves");
	struct crawl_result last = { .received = 10, .distinct = 0,
	    .fresh = 0, .news = 0, .total = 10, .size = 10, .more = -1 };

	(void)state;
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 10), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 10+10");
	assert_true(job.is_probe);
	assert_int_equal(came(crawl, &job, 10, 10), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 20+10");
	assert_int_equal(came(crawl, &job, 4, 10), CRAWL_CONTINUES);
	/* Where the total is wrong, only an empty page is the end. */
	assert_string_equal(next(crawl, &job), "fetch shelves 30+10");
	assert_true(job.is_probe);
	assert_int_equal(came(crawl, &job, 0, 10), CRAWL_COMPLETE);
	assert_true(job.listing->is_capped);
	assert_int_equal(job.listing->distinct, 24);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);

	/* This one gives the last page again, and the total is right. */
	crawl = begin(8);
	job = open_listing(crawl, "open shelves");
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 10), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 10+10");
	assert_int_equal(crawl_finish(crawl, &job, &last), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);

	/* The total is wrong, and it gives the last page again: who knows? */
	crawl = begin(8);
	job = open_listing(crawl, "open shelves");
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 7), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 10+10");
	assert_int_equal(crawl_finish(crawl, &job, &last), CRAWL_UNPROVEN);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);

	/* And this one answers with an error. */
	crawl = begin(8);
	job = open_listing(crawl, "open shelves");
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 10), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "fetch shelves 10+10");
	assert_int_equal(crawl_end_probe(crawl, &job,
	    false), CRAWL_COMPLETE);
	assert_false(job.listing->gapped);
	crawl_end(crawl, job.listing);
	crawl_free(crawl);
}

static void
test_children_come_before_further_parents(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job page, job;
	char id[16];
	int i;

	(void)state;
	open_listing(crawl, "open shelves");
	next(crawl, &page);
	for (i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		link_record(crawl, page.listing, id);
	}
	came(crawl, &page, 10, 100);
	/* Ten listings are ready; a page more makes that many more. */
	for (i = 0; i < 6; i++) {
		struct crawl_listing *listing = page.listing;
		int k;

		assert_int_equal(crawl_next(crawl, false, &page),
		    CRAWL_FETCH);
		assert_ptr_equal(page.listing, listing);
		for (k = 0; k < 10; k++) {
			snprintf(id, sizeof(id), "s%d-%d", i, k);
			link_record(crawl, page.listing, id);
		}
		came(crawl, &page, 10, 100);
	}
	/* Enough; the oldest page's first child of all comes... */
	assert_int_equal(crawl_next(crawl, false, &job), CRAWL_OPEN);
	assert_string_equal(job.listing->key, "count/s5-0");
	crawl_free(crawl);
}

static void
test_records_with_grandchildren(void **state)
{
	struct crawl *crawl;
	struct crawl_job job;

	(void)state;
	pages_option = "true";
	crawl = begin(8);
	job = down_to_books(crawl, "2");
	link_record(crawl, job.listing, "x");
	link_record(crawl, job.listing, "y");
	assert_int_equal(came(crawl, &job, 2, 2), CRAWL_COMPLETE);
	crawl_end(crawl, job.listing);
	open_listing(crawl, "open pages/a/x");
	open_listing(crawl, "open pages/a/y");
	open_listing(crawl, "open index/a");
	assert_string_equal(next(crawl, &job), "fetch pages/a/x 0+0");
	one_received(crawl, &job);
	crawl_end(crawl, job.listing);
	assert_string_equal(next(crawl, &job), "fetch pages/a/y 0+0");
	one_received(crawl, &job);
	crawl_end(crawl, job.listing);
	/* The shelf is not done before the last of it is. */
	assert_string_equal(next(crawl, &job), "derive index/a");
	one_received(crawl, &job);
	crawl_end(crawl, job.listing);
	assert_string_equal(next(crawl, &job), "done a");
	crawl_node_done(crawl, job.node);
	assert_true(crawl_is_over(crawl));
	crawl_free(crawl);
	pages_option = "false";
}

static void
test_one_shelf_after_the_other(void **state)
{
	struct crawl *crawl = begin(8);
	struct crawl_job page, a, b, job;

	(void)state;
	open_listing(crawl, "open shelves");
	next(crawl, &page);
	link_record(crawl, page.listing, "a");
	link_record(crawl, page.listing, "b");
	came(crawl, &page, 2, 2);
	crawl_end(crawl, page.listing);
	open_listing(crawl, "open count/a");
	assert_string_equal(next(crawl, &a), "fetch count/a 0+0");
	/* While a's count is under way there is time for b's... */
	open_listing(crawl, "open count/b");
	assert_string_equal(next(crawl, &b), "fetch count/b 0+0");
	crawl_add_fields(crawl, a.listing, one("30"));
	one_received(crawl, &a);
	crawl_end(crawl, a.listing);
	crawl_add_fields(crawl, b.listing, one("30"));
	one_received(crawl, &b);
	crawl_end(crawl, b.listing);
	/* ... but all of a's books come before b's. */
	open_listing(crawl, "open books/a");
	assert_string_equal(next(crawl, &job), "fetch books/a 0+10");
	came(crawl, &job, 10, 30);
	assert_string_equal(next(crawl, &job), "fetch books/a 10+10");
	assert_string_equal(next(crawl, &job), "fetch books/a 20+10");
	assert_string_equal(next(crawl, &job), "open books/b");
	crawl_free(crawl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_walk_from_end_to_end),
		cmocka_unit_test(test_pages_ahead_but_none_beyond_the_end),
		cmocka_unit_test(test_only_what_is_in_turn),
		cmocka_unit_test(
		    test_a_server_may_give_less_than_it_is_asked_for),
		cmocka_unit_test(test_an_empty_page_is_the_end),
		cmocka_unit_test(test_counts_that_differ_are_read_again_once),
		cmocka_unit_test(
		    test_what_came_late_is_found_in_the_second_reading),
		cmocka_unit_test(test_a_total_that_changes_is_read_again),
		cmocka_unit_test(test_without_a_total_the_order_tells),
		cmocka_unit_test(test_a_page_that_fails_costs_that_page),
		cmocka_unit_test(
		    test_a_first_page_that_fails_costs_the_listing),
		cmocka_unit_test(test_another_resource_says_how_many),
		cmocka_unit_test(test_a_count_is_read_in_any_form),
		cmocka_unit_test(
		    test_a_count_that_is_missing_is_not_compared),
		cmocka_unit_test(test_what_is_known_is_not_asked_for),
		cmocka_unit_test(test_a_total_may_be_capped),
		cmocka_unit_test(test_children_come_before_further_parents),
		cmocka_unit_test(test_records_with_grandchildren),
		cmocka_unit_test(test_one_shelf_after_the_other),
	};
	int failed = cmocka_run_group_tests_name("crawl", tests, NULL, NULL);

	source_free(books);
	return failed;
}
