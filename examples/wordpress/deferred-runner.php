<?php
/**
 * Plugin Name: Deferred Runner
 * Description: Runnable code in posts: [deferred language="python" run="cache=1h"]print(1)[/deferred]
 * Version: 1.0
 * License: MIT
 */

/** The HTML of a block. */
function deferred_runner_shortcode( $attributes, $code = '' ) {
	$given = shortcode_atts(
		array(
			'language' => '',
			'run'      => '',
			'block'    => '',
		),
		$attributes,
		'deferred'
	);
	// WordPress stores `<` and `&` of most authors as entities.
	$code  = html_entity_decode( (string) $code, ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	$shown = htmlspecialchars( trim( $code, "\r\n" ), ENT_NOQUOTES, 'UTF-8' );
	$class = '' === $given['language'] ? '' : ' class="language-' . esc_attr( $given['language'] ) . '"';
	$pre   = "<pre translate=\"no\"><code$class>$shown</code></pre>";
	if ( '' === $given['block'] ) {
		// A mark: `deferred sign site` signs it in the pages of a static copy.
		return '<div data-deferred="' . esc_attr( $given['run'] ) . "\">$pre</div>";
	}
	$server = defined( 'DEFERRED_URL' ) ? rtrim( DEFERRED_URL, '/' ) : '';
	$script = '' === $server ? '' : '<script type="module" src="' . esc_url( "$server/deferred-runner.js" ) . '"></script>';
	return '<deferred-runner block="' . esc_attr( $given['block'] ) . "\">$pre</deferred-runner>$script";
}

/** Keeps the blocks of a post from the filters that change quotes, line ends and addresses. */
class Deferred_Runner_Posts {
	private $blocks = array();

	/**
	 * Before all others. do_shortcode() would first look into HTML tags, and take `if x < 1` for the beginning of one.
	 */
	public function take_out( $content ) {
		$pattern = get_shortcode_regex( array( 'deferred' ) );
		return preg_replace_callback( "/$pattern/", array( $this, 'keep' ), $content );
	}

	public function keep( $found ) {
		$this->blocks[] = do_shortcode_tag( $found );
		return '<div data-deferred-block="' . ( count( $this->blocks ) - 1 ) . '"></div>';
	}

	/** After all others. */
	public function put_back( $content ) {
		return preg_replace_callback(
			'/<div data-deferred-block="(\d+)"><\/div>/',
			fn( $found ) => $this->blocks[ (int) $found[1] ] ?? '',
			$content
		);
	}
}

$deferred_runner_posts = new Deferred_Runner_Posts();
add_shortcode( 'deferred', 'deferred_runner_shortcode' );
add_filter( 'the_content', array( $deferred_runner_posts, 'take_out' ), 7 );
add_filter( 'the_content', array( $deferred_runner_posts, 'put_back' ), 99 );
